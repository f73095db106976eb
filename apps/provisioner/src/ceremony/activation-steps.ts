import { create } from '@bufbuild/protobuf';
import type { EntityManager } from 'typeorm';
import { CaActivatedSchema, CaRetiredSchema } from '#libs/contracts';
import { TenantScope } from '#libs/database';
import { events } from '#libs/rpc';
import { sha256Hex } from '#libs/x509';
import { announceCustomer } from '../customer/customer.events.js';
import { type CeremonyParts, present, type Step } from './ceremony-parts.js';

/** The steps that make a chain public, and minting follow it. */
export class ActivationSteps {
  constructor(private readonly parts: CeremonyParts) {}

  /** Relying parties can fetch the new chain before the first certificate under it exists; the old one stays. */
  readonly publish: Step = async ({ root, ...recorded }) => {
    const intermediate = present(recorded.intermediate);
    const rootDer = present(intermediate.issuerCertificate ?? root?.certificate);
    const artifact = this.parts.trustArtifacts.prepare(rootDer, intermediate);
    return {
      facts: {
        root_sha256: sha256Hex(artifact.root),
        intermediate_sha256: sha256Hex(artifact.intermediate),
      },
      commit: (manager) => this.parts.trustArtifacts.publish(manager, artifact),
    };
  };

  /**
   * From now on the new intermediate mints, and the one before no more. A customer that was suspended meanwhile
   * stays so; its CA is ready for the day it is resumed.
   */
  readonly activate: Step = async ({ customer: { id, tier }, ceremony: { generation } }) => {
    const { artifacts, customers, outbox, clock } = this.parts;
    const commit = async (manager: EntityManager): Promise<void> => {
      const isFirst = await customers.activate(manager, id, new Date(clock.now()));
      const customer = present(await customers.byId(manager, id));
      const authority = await this.parts.authorityService.read(manager, customer, generation);
      await outbox.add(manager, events.caActivated, create(CaActivatedSchema, { authority }));
      const before = generation > 1 && (await artifacts.before(manager, id, generation));
      if (before) {
        const retired = create(CaRetiredSchema, { caId: before.authorityId, customerId: id });
        await outbox.add(manager, events.caRetired, retired);
      }
      if (isFirst) await announceCustomer(outbox, manager, customer);
      if (isFirst && tier === 'shared') await this.#activateWaiting(manager);
    };
    return { facts: {}, commit };
  };

  /** All Free customers that came before their CA; who comes now waits at its row, and finds it active. */
  async #activateWaiting(manager: EntityManager): Promise<void> {
    const { customers, outbox, clock } = this.parts;
    await TenantScope.widen(manager);
    for (const { id } of await customers.waitingForShared(manager)) {
      await customers.activate(manager, id, new Date(clock.now()));
      await announceCustomer(outbox, manager, present(await customers.byId(manager, id)));
    }
  }
}
