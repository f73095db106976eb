import { create } from '@bufbuild/protobuf';
import type { EntityManager } from 'typeorm';
import { CaActivatedSchema } from '#libs/contracts';
import { type Outbox, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { formatKeyRef, parseKeyRef, type Signer } from '#libs/kms';
import { events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { parseCertificate, sha256Hex } from '#libs/x509';
import type { AuthorityKind, AuthorityRow } from '../authority/authority.entity.js';
import type { AuthorityRepository } from '../authority/authority.repository.js';
import type { AuthorityService } from '../authority/authority.service.js';
import type { CustomerRow } from '../customer/customer.entity.js';
import { announceCustomer } from '../customer/customer.events.js';
import type { CustomerRepository } from '../customer/customer.repository.js';
import type { TrustArtifactService } from '../trust-artifact/trust-artifact.service.js';
import { completeCertificate, draftIntermediate, draftRoot } from './ca-certificate.js';
import type { CeremonyRow, StepFacts } from './ceremony.entity.js';
import type { CeremonyRepository } from './ceremony.repository.js';
import { type CeremonyStep, stepAfter } from './ceremony-step.js';

export interface CeremonyServiceParts {
  readonly scope: TenantScope;
  readonly ceremonies: CeremonyRepository;
  readonly customers: CustomerRepository;
  readonly authorities: AuthorityRepository;
  readonly authorityService: AuthorityService;
  readonly trustArtifacts: TrustArtifactService;
  readonly outbox: Outbox;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Base URL of what relying parties fetch, without a trailing slash. */
  readonly pkiUrl: string;
}

/** A step's work outside the database is done; `commit` writes its result where the step is recorded. */
interface StepOutcome {
  readonly facts: StepFacts;
  readonly commit?: (manager: EntityManager) => Promise<void>;
}

/** What is on record when a step begins. */
interface StepContext {
  readonly ceremony: CeremonyRow;
  readonly customer: CustomerRow;
  readonly root: AuthorityRow | null;
  readonly intermediate: AuthorityRow | null;
}

/** Milliseconds that a signer may take for one signature. */
const signingTimeMs = 10_000;

/**
 * Makes a customer's CA, one step at a time.
 *
 * A step asks the key management service first, always so that asking again changes nothing, and then
 * records its result, its facts and the move to the next step in one transaction. A process that dies in
 * between leaves a step that is simply done again, by itself or by another replica. Two that work on the same
 * ceremony at once cannot record the same step twice, so there is one root, whatever happens.
 */
export class CeremonyService {
  readonly #steps: Record<CeremonyStep, (context: StepContext) => Promise<StepOutcome>> = {
    root_key: (context) => this.#createKey('root', context),
    root_draft: (context) => this.#draftRoot(context),
    root_certificate: (context) => this.#certify('root', context),
    intermediate_key: (context) => this.#createKey('intermediate', context),
    intermediate_draft: (context) => this.#draftIntermediate(context),
    intermediate_certificate: (context) => this.#certify('intermediate', context),
    publish: (context) => this.#publish(context),
    disable_root_key: (context) => this.#disableRootKey(context),
    activate: (context) => this.#activate(context),
  };

  constructor(private readonly parts: CeremonyServiceParts) {}

  /**
   * Does the current step and records it. Returns the ceremony at its next step, or undefined when there
   * is none, or when another process recorded the step first.
   */
  async advance(ceremony: CeremonyRow): Promise<CeremonyRow | undefined> {
    const { scope, ceremonies, clock } = this.parts;
    const { step, customerId } = ceremony;
    const outcome = await this.#steps[step](await this.#context(ceremony));
    const recorded = await scope.run(customerId, async (manager) => {
      const record = { ceremony, step, facts: outcome.facts, doneAt: new Date(clock.now()) };
      if (!(await ceremonies.record(manager, record))) return false;
      await outcome.commit?.(manager);
      return true;
    });
    const next = stepAfter(step);
    return recorded && next ? { ...ceremony, step: next, failures: 0 } : undefined;
  }

  async #createKey(kind: AuthorityKind, { customer, ceremony }: StepContext): Promise<StepOutcome> {
    const { signer, authorities, clock } = this.parts;
    const { generation } = ceremony;
    const algorithm = kind === 'root' ? customer.rootAlgorithm : customer.intermediateAlgorithm;
    const labels = { customer: customer.id, purpose: kind, generation: String(generation) };
    const name = customer.tier === 'shared' ? sharedCaName(kind) : `dev-${customer.handle}-${kind}`;
    const key = await signer.createKey(name, algorithm, labels);
    const keyRef = formatKeyRef(key);
    const createdAt = new Date(clock.now());
    const authority = { customerId: customer.id, kind, generation, keyRef, algorithm, createdAt };
    return {
      facts: { key_ref: keyRef, algorithm, public_key_sha256: sha256Hex(await signer.publicKey(key)) },
      commit: (manager) => authorities.add(manager, authority),
    };
  }

  async #draftRoot({ customer, ...recorded }: StepContext): Promise<StepOutcome> {
    const root = present(recorded.root);
    const toBeSigned = draftRoot({
      handle: customer.handle,
      ...(customer.tier === 'shared' && { commonName: sharedCaName('root') }),
      spki: await this.#publicKey(root),
      algorithm: root.algorithm,
      now: this.parts.clock.now(),
    });
    return this.#drafted(root, toBeSigned);
  }

  async #draftIntermediate({ customer, ...recorded }: StepContext): Promise<StepOutcome> {
    const root = present(recorded.root);
    const intermediate = present(recorded.intermediate);
    const toBeSigned = draftIntermediate({
      handle: customer.handle,
      ...(customer.tier === 'shared' && { commonName: sharedCaName('intermediate') }),
      spki: await this.#publicKey(intermediate),
      rootCertificate: present(root.certificate),
      rootAlgorithm: root.algorithm,
      nameConstraints: customer.nameConstraints,
      pkiUrl: this.parts.pkiUrl,
      now: this.parts.clock.now(),
    });
    return this.#drafted(intermediate, toBeSigned);
  }

  #drafted(authority: AuthorityRow, toBeSigned: Uint8Array): StepOutcome {
    return {
      facts: { to_be_signed_sha256: sha256Hex(toBeSigned) },
      commit: (manager) => this.parts.authorities.draft(manager, authority.id, toBeSigned),
    };
  }

  /** The root signs both certificates; a signature leaves this process after it was verified. */
  async #certify(kind: AuthorityKind, context: StepContext): Promise<StepOutcome> {
    const { signer, authorities, clock } = this.parts;
    const root = present(context.root);
    const subject = present(context[kind]);
    const toBeSigned = present(subject.toBeSigned);
    const rootKey = parseKeyRef(root.keyRef);
    const [signature] = await signer.sign(rootKey, [toBeSigned], clock.now() + signingTimeMs);
    const certificate = completeCertificate({
      toBeSigned,
      signature: present(signature),
      algorithm: root.algorithm,
      issuerSpki: await signer.publicKey(rootKey),
    });
    return {
      facts: { serial: parseCertificate(certificate).serialHex, certificate_sha256: sha256Hex(certificate) },
      commit: (manager) => authorities.certify(manager, subject.id, certificate),
    };
  }

  async #publish({ root, intermediate }: StepContext): Promise<StepOutcome> {
    const artifact = this.parts.trustArtifacts.prepare(present(root), present(intermediate));
    return {
      facts: {
        root_sha256: sha256Hex(artifact.root),
        intermediate_sha256: sha256Hex(artifact.intermediate),
      },
      commit: (manager) => this.parts.trustArtifacts.publish(manager, artifact),
    };
  }

  async #disableRootKey(context: StepContext): Promise<StepOutcome> {
    const { signer } = this.parts;
    const { keyRef } = present(context.root);
    const key = parseKeyRef(keyRef);
    await signer.disable(key);
    const { state } = await signer.describe(key);
    if (state !== 'disabled') {
      throw new DomainError('signer_unavailable', `The root key is ${state} after it was disabled.`);
    }
    return { facts: { key_ref: keyRef, state } };
  }

  /** A customer that was suspended meanwhile stays so; its CA is ready for the day it is resumed. */
  async #activate({ customer: { id, tier } }: StepContext): Promise<StepOutcome> {
    const { customers, outbox, clock, authorityService } = this.parts;
    const commit = async (manager: EntityManager): Promise<void> => {
      await customers.lock(manager, id);
      const { status } = present(await customers.byId(manager, id));
      const activatedAt = new Date(clock.now());
      await customers.change(manager, id, {
        activatedAt,
        ...(status === 'provisioning' && { status: 'active' }),
      });
      const customer = present(await customers.byId(manager, id));
      const authority = await authorityService.read(manager, customer);
      await outbox.add(manager, events.caActivated, create(CaActivatedSchema, { authority }));
      await announceCustomer(outbox, manager, customer);
      if (tier === 'shared') await this.#activateWaiting(manager, activatedAt);
    };
    return { facts: {}, commit };
  }

  /** All Free customers that came before their CA; who comes now waits at its row, and finds it active. */
  async #activateWaiting(manager: EntityManager, activatedAt: Date): Promise<void> {
    const { customers, outbox } = this.parts;
    await TenantScope.widen(manager);
    for (const { id, status } of await customers.waitingForShared(manager)) {
      await customers.change(manager, id, {
        activatedAt,
        ...(status === 'provisioning' && { status: 'active' }),
      });
      await announceCustomer(outbox, manager, present(await customers.byId(manager, id)));
    }
  }

  #context(ceremony: CeremonyRow): Promise<StepContext> {
    const { scope, customers, authorities } = this.parts;
    const { customerId, generation } = ceremony;
    return scope.run(customerId, async (manager) => ({
      ceremony,
      customer: present(await customers.byId(manager, customerId)),
      root: await authorities.find(manager, { customerId, kind: 'root', generation }),
      intermediate: await authorities.find(manager, { customerId, kind: 'intermediate', generation }),
    }));
  }

  #publicKey({ keyRef }: AuthorityRow): Promise<Uint8Array> {
    return this.parts.signer.publicKey(parseKeyRef(keyRef));
  }
}

/** What the shared CA's keys and certificates are called. */
function sharedCaName(kind: AuthorityKind): string {
  return `${kind}-free`;
}

/** What an earlier step has recorded. */
function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new DomainError('internal', 'A record of an earlier step of the ceremony is missing.');
  }
  return value;
}
