import { productVersion } from '#libs/service';
import { ActivationSteps } from './activation-steps.js';
import type { CeremonyName } from './ceremony.repository.js';
import { type CeremonyParts, present, type Step, type StepContext } from './ceremony-parts.js';
import { type CeremonyStep, stepAfter } from './ceremony-step.js';
import { CertificateSteps } from './certificate-steps.js';
import { KeySteps } from './key-steps.js';

/** How far a step has brought a ceremony. */
export interface Advanced {
  /** SHA-256 of the step's entry in the transcript, in hexadecimal; undefined when another process was first. */
  readonly head?: string;
  /** The ceremony at its next step, with what that needs; undefined after the last. */
  readonly next?: StepContext;
}

/**
 * Does ceremonies, one step at a time.
 *
 * A step asks the key management service first, always so that asking again changes nothing, and then
 * records its result, its facts and the move to the next step in one transaction. A process that dies in
 * between leaves a step that is simply done again, by itself or by another replica. Two that work on the same
 * ceremony at once cannot record the same step twice, so there is one root, whatever happens.
 */
export class CeremonyService {
  readonly #steps: Readonly<Record<CeremonyStep, Step>>;
  readonly #software = `stackrunner ${productVersion()}`;

  constructor(private readonly parts: CeremonyParts) {
    const keys = new KeySteps(parts);
    const certificates = new CertificateSteps(parts);
    const activation = new ActivationSteps(parts);
    this.#steps = {
      root_key: keys.rootKey,
      root_draft: certificates.draftRoot,
      root_certificate: certificates.certifyRoot,
      intermediate_key: keys.intermediateKey,
      intermediate_draft: certificates.draftIntermediate,
      enable_root_key: keys.enableRoot,
      intermediate_certificate: certificates.certifyIntermediate,
      disable_root_key: keys.disableRoot,
      certification_request: certificates.request,
      import_certificate: certificates.import,
      publish: activation.publish,
      activate: activation.activate,
      retire_key: keys.retire,
    };
  }

  /** What is on record where a ceremony stands; undefined when it has ended. */
  begin({ id, customerId }: CeremonyName): Promise<StepContext | undefined> {
    const { scope, ceremonies, customers, authorities } = this.parts;
    return scope.run(customerId, async (manager) => {
      const ceremony = await ceremonies.find(manager, id);
      if (!ceremony || ceremony.finishedAt) return undefined;
      const intermediate = { customerId, kind: 'intermediate', generation: ceremony.generation } as const;
      return {
        ceremony,
        customer: present(await customers.byId(manager, customerId)),
        root: await authorities.newest(manager, customerId, 'root'),
        intermediate: await authorities.find(manager, intermediate),
      };
    });
  }

  /** Does the current step and records it. */
  async advance(context: StepContext): Promise<Advanced> {
    const { scope, ceremonies, clock } = this.parts;
    const { ceremony, customer, root, intermediate } = context;
    const { step, customerId, kind } = ceremony;
    const outcome = await this.#steps[step](context);
    const facts = { ...outcome.facts, software: this.#software };
    const head = await scope.run(customerId, async (manager) => {
      const record = { ceremony, step, facts, doneAt: new Date(clock.now()) };
      const recorded = await ceremonies.record(manager, record);
      if (recorded !== undefined) await outcome.commit?.(manager);
      return recorded;
    });
    if (head === undefined) return {};
    const next = stepAfter(kind, step);
    if (!next) return { head };
    // What nobody but this ceremony changes is not read again.
    const known = { customer, root, intermediate, ...outcome.changes };
    return { head, next: { ...known, ceremony: { ...ceremony, step: next, failures: 0 } } };
  }
}
