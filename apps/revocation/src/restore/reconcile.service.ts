import { RevocationReason } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CallContext } from '#libs/rpc';
import type { JournalRepository } from '../journal/journal.repository.js';
import type { Actor, JournalEntry } from '../journal/journal-entry.js';
import { checkActor, type RevocationService } from '../journal/revocation.service.js';
import { assertUuid } from '../journal/uuid.js';
import { hexOf } from '../serial-status/issued-serial.repository.js';
import type { PublishedRecord } from './published-record.js';
import type { RestoreRepository } from './restore.repository.js';
import type { RestoreGuard } from './restore-guard.js';

export interface ReconcileParts {
  readonly guard: RestoreGuard;
  readonly record: PublishedRecord;
  readonly repository: Pick<RestoreRepository, 'hashOf'>;
  readonly journal: Pick<JournalRepository, 'append'>;
  readonly revocations: Pick<RevocationService, 'revoke'>;
}

export interface ReconcileOrder {
  readonly customerId: string;
  /** What the operator knows to be missing. */
  readonly serials: readonly Uint8Array[];
  readonly actor: Actor;
}

const most = 1_000;

/** Ends the doubt about a journal that a restore has cut short. */
export class ReconcileService {
  constructor(private readonly parts: ReconcileParts) {}

  /**
   * Revokes again what the record still names and what the operator names, then takes the journal for whole.
   *
   * What was only on hold in the record is on hold again.
   *
   * @throws DomainError bad_request when there is no doubt about this customer
   * @throws DomainError serial_not_found for a serial number of the operator's that this customer does not have
   */
  async reconcile(
    { customerId, serials, actor }: ReconcileOrder,
    context: CallContext,
  ): Promise<{ fromRecord: number; fromOperator: number }> {
    const { guard, journal, revocations } = this.parts;
    assertUuid(customerId, 'customer_id');
    checkActor(actor);
    if (serials.length > most)
      throw new DomainError('bad_request', `Name at most ${most} serial numbers at once.`);
    if (guard.mayAnswerGood(customerId)) {
      throw new DomainError('bad_request', 'There is no doubt about the journal of this customer.');
    }
    let fromRecord = 0;
    for (const entry of standing(await this.#lost(customerId))) {
      const { reason, invalidityDate, recordedAt: now } = entry;
      const order = { customerId, certificates: [entry], reason, invalidityDate, actor, now };
      const [outcome] = await journal.append(order);
      if (outcome?.outcome === 'changed') fromRecord += 1;
    }
    let fromOperator = 0;
    if (serials.length > 0) {
      const reason = RevocationReason.UNSPECIFIED;
      const order = { customerId, serials, reason, invalidityDate: undefined, actor, mintedBy: '' };
      fromOperator = (await revocations.revoke(order, context)).filter(({ changed }) => changed).length;
    }
    await guard.accept(customerId);
    return { fromRecord, fromOperator };
  }

  /** What the record has and the database has not. */
  async #lost(customerId: string): Promise<JournalEntry[]> {
    const lost: JournalEntry[] = [];
    for (const entry of await this.parts.record.entriesAfter(customerId, 0)) {
      const hash = await this.parts.repository.hashOf(customerId, entry.sequence);
      if (hash === undefined || Buffer.compare(hash, entry.hash) !== 0) lost.push(entry);
    }
    return lost;
  }
}

/** The last word on each certificate, where that is a revocation. */
function standing(entries: readonly JournalEntry[]): JournalEntry[] {
  const last = new Map(entries.map((entry) => [`${entry.caId} ${hexOf(entry.serial)}`, entry]));
  return [...last.values()].filter(({ reason }) => reason !== RevocationReason.REMOVE_FROM_CRL);
}
