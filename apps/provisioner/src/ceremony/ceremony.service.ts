import type { EntityManager } from 'typeorm';
import { productVersion } from '#libs/service';
import { ActivationSteps } from './activation-steps.js';
import type { CeremonyRow } from './ceremony.entity.js';
import { type CeremonyParts, present, type Step, type StepContext } from './ceremony-parts.js';
import { type CeremonyStep, stepAfter } from './ceremony-step.js';
import { CertificateSteps } from './certificate-steps.js';
import { KeySteps } from './key-steps.js';

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

  /** What is on record where a ceremony stands. */
  begin(ceremony: CeremonyRow): Promise<StepContext> {
    return this.parts.scope.run(ceremony.customerId, (manager) => this.#context(manager, ceremony));
  }

  /**
   * Does the current step and records it. Returns the ceremony at its next step, with what that needs, or undefined
   * when there is none, or when another process recorded the step first.
   */
  async advance(context: StepContext): Promise<StepContext | undefined> {
    const { scope, ceremonies, clock } = this.parts;
    const { ceremony } = context;
    const { step, customerId, kind } = ceremony;
    const outcome = await this.#steps[step](context);
    const facts = { ...outcome.facts, software: this.#software };
    return scope.run(customerId, async (manager) => {
      const record = { ceremony, step, facts, doneAt: new Date(clock.now()) };
      if (!(await ceremonies.record(manager, record))) return undefined;
      await outcome.commit?.(manager);
      const next = stepAfter(kind, step);
      return next && this.#context(manager, { ...ceremony, step: next, failures: 0 });
    });
  }

  async #context(manager: EntityManager, ceremony: CeremonyRow): Promise<StepContext> {
    const { customers, authorities } = this.parts;
    const { customerId, generation } = ceremony;
    return {
      ceremony,
      customer: present(await customers.byId(manager, customerId)),
      root: await authorities.newest(manager, customerId, 'root'),
      intermediate: await authorities.find(manager, { customerId, kind: 'intermediate', generation }),
    };
  }
}
