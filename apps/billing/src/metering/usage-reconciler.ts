import { ActorKind, type CounterRepair, type ProvisionerService, type UsageService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { AuditWriter } from '../audit/audit.writer.js';
import { auditedEntry } from '../audit/audit-entry.js';
import type { MeteringMetrics } from './metering.metrics.js';
import { dateOf, monthBefore, monthOf } from './month.js';
import type { Usage, UsageRepository } from './usage.repository.js';

export interface UsageReconcilerParts {
  readonly usage: UsageRepository;
  readonly issuer: Client<typeof UsageService>;
  readonly provisioner: Pick<Client<typeof ProvisionerService>, 'listCustomers' | 'getCustomer'>;
  readonly trail: Pick<AuditWriter, 'write'>;
  readonly metrics: MeteringMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Subject {
  readonly id: string;
  readonly handle: string;
}

/** What did not agree about one customer. */
export interface Difference {
  readonly handle: string;
  /** Counters that were wrong, and are right now. */
  readonly repairs: readonly CounterRepair[];
  readonly issued: bigint;
  readonly inTrail: bigint;
}

export interface Reconciliation {
  readonly customers: number;
  readonly differences: readonly Difference[];
}

/** The trail follows issuance: what was issued this lately, in milliseconds, is for the next time. */
const settleMs = 60_000;
/** From this hour (UTC) a night is reconciled. */
const nightHour = 2;
const pageSize = 500;
const askMs = 120_000;

/**
 * Compares three accounts of what a customer was issued: the certificates themselves, the counters that limits are
 * held against, and the audit trail. The certificates are right; counters are made to agree, and every difference
 * goes into the customer's trail, the log and the metrics.
 */
export class UsageReconciler {
  constructor(private readonly parts: UsageReconcilerParts) {}

  /** Reconciles every customer, once a night, by whichever replica comes first. */
  async nightly(): Promise<void> {
    const { usage, clock } = this.parts;
    const now = clock.now();
    const night = dateOf(now);
    if (new Date(now).getUTCHours() < nightHour || (await usage.isReconciled(night))) return;
    await usage.alone(async () => {
      // Another replica may have finished between the look and the lock.
      if (await usage.isReconciled(night)) return;
      await this.reconcileAll();
      await usage.markReconciled(night, clock.now());
    });
  }

  /**
   * The same now.
   *
   * @param handle of one customer; empty for all
   * @throws DomainError customer_not_found; overloaded while another reconciliation runs
   */
  async run(handle: string): Promise<Reconciliation> {
    const { usage, provisioner } = this.parts;
    const done = await usage.alone(async () => {
      if (handle === '') return this.reconcileAll();
      const { customer } = await provisioner.getCustomer({ handle });
      if (customer === undefined) throw new DomainError('internal', 'The provisioner gave no customer.');
      const difference = await this.reconcile(customer);
      return { customers: 1, differences: difference === undefined ? [] : [difference] };
    });
    if (done === undefined)
      throw new DomainError('overloaded', 'A reconciliation is running; try again later.');
    return done;
  }

  private async reconcileAll(): Promise<Reconciliation> {
    const differences: Difference[] = [];
    let customers = 0;
    let pageToken = '';
    do {
      const page = await this.parts.provisioner.listCustomers({ pageSize, pageToken });
      for (const customer of page.customers) {
        const difference = await this.reconcile(customer);
        if (difference !== undefined) differences.push(difference);
        customers += 1;
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    this.parts.logger.info({ customers, differences: differences.length }, 'usage reconciled');
    return { customers, differences };
  }

  /** This month, and the one before, whose last night may not have seen its end. */
  private async reconcile({ id, handle }: Subject): Promise<Difference | undefined> {
    const until = Math.floor((this.parts.clock.now() - settleMs) / 1000) * 1000;
    const before = await this.compare(id, monthBefore(until), until);
    const current = await this.compare(id, monthOf(until), until);
    const repairs = [...before.repairs, ...current.repairs];
    const lacking = [before, current].find(({ usage }) => usage.issued !== usage.inTrail);
    if (repairs.length === 0 && lacking === undefined) return undefined;
    const { issued, inTrail } = (lacking ?? current).usage;
    const difference: Difference = { handle, repairs, issued, inTrail };
    await this.report(id, difference);
    return difference;
  }

  private async compare(
    customerId: string,
    month: number,
    until: number,
  ): Promise<{ usage: Usage; repairs: readonly CounterRepair[] }> {
    const { issuer, usage: months } = this.parts;
    const { issuedInMonth: issued, repairs } = await issuer.reconcileQuota(
      { customerId, month: BigInt(month / 1000), until: BigInt(until / 1000) },
      { timeoutMs: askMs },
    );
    const to = Math.min(until, monthOf(month + 32 * 86_400_000));
    const inTrail = await months.countInTrail(customerId, { from: month, to });
    const usage: Usage = { month, issued, inTrail, takenAt: until };
    if (issued > 0n || inTrail > 0n) await months.save(customerId, usage);
    return { usage, repairs };
  }

  private async report(customerId: string, { handle, repairs, issued, inTrail }: Difference): Promise<void> {
    const { trail, metrics, logger, clock } = this.parts;
    const details = {
      repairs: repairs.map((each) => ({
        ...{ counter: each.counter, counted: Number(each.counted), issued: Number(each.issued) },
      })),
      issued: Number(issued),
      in_trail: Number(inTrail),
    };
    logger.warn({ handle, ...details }, 'usage did not agree');
    metrics.differences.inc();
    const entry = auditedEntry({
      $typeName: 'stackrunner.event.v1.Audited',
      ...{
        customerId,
        handle,
        at: BigInt(clock.now()),
        action: 'reconcileUsage',
        outcome: 'ok',
        requestId: '',
      },
      ...{ actorKind: ActorKind.SYSTEM, actorId: 'billing', actorHash: new Uint8Array(0) },
      details: JSON.stringify(details),
    });
    await trail.write({ eventId: `reconcile-${crypto.randomUUID()}`, entries: [entry] });
  }
}
