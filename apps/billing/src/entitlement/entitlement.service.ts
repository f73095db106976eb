import type { EntityManager } from 'typeorm';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { defaultPlan, type Limits, type PlanName, planNamed, plans } from '../plan/plan.js';
import type { EntitlementRow } from './entitlement.entity.js';
import { entitlementMessage } from './entitlement.message.js';
import type { EntitlementRepository } from './entitlement.repository.js';

/** A limit that is absent stays as it is; null makes it unlimited. */
export type LimitsChange = Partial<Pick<Limits, 'perMinute' | 'perMonth'>>;

/** The largest limit that can be set: `issuer` counts in 64 bits, people in less. */
const largestLimit = 1_000_000_000n;

export interface EntitlementParts {
  readonly scope: TenantScope;
  readonly entitlements: EntitlementRepository;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly clock: Clock;
}

/** What each customer may mint, and who is told when that changes. */
export class EntitlementService {
  readonly #parts: EntitlementParts;

  constructor(parts: EntitlementParts) {
    this.#parts = parts;
  }

  /**
   * A customer's entitlement. One that is seen for the first time is given the plan that the caller knows of:
   * it may have heard of a new customer before its event arrives here.
   *
   * @throws DomainError bad_request when the id is not a UUID
   */
  async entitlementOf(customerId: string, plan: PlanName = defaultPlan): Promise<EntitlementRow> {
    const { scope, relay } = this.#parts;
    const { entitlement, added } = await scope.run(customer(customerId), (manager) =>
      this.#foundOrAdded(manager, customerId, plan),
    );
    if (added) relay.wake();
    return entitlement;
  }

  /**
   * Sets a customer's limits apart from its plan, and tells the followers in the same transaction.
   *
   * @throws DomainError bad_request when a limit is out of range or the id is not a UUID
   */
  async setLimits(customerId: string, limits: LimitsChange): Promise<EntitlementRow> {
    const { scope, entitlements, relay } = this.#parts;
    for (const limit of [limits.perMinute, limits.perMonth]) admit(limit);
    const changed = await scope.run(customer(customerId), async (manager) => {
      await this.#foundOrAdded(manager, customerId, defaultPlan);
      const before = await entitlements.lock(manager, customerId);
      return this.#change(manager, before, {
        perMinute: limits.perMinute === undefined ? before.perMinute : limits.perMinute,
        perMonth: limits.perMonth === undefined ? before.perMonth : limits.perMonth,
      });
    });
    relay.wake();
    return changed;
  }

  /**
   * Puts a customer on a plan, with that plan's limits; what an operator set apart stays, and so does everything
   * for a customer that is on the plan already.
   *
   * @param from the plans that it may leave for this one; on any other it stays
   * @throws DomainError bad_request when the id is not a UUID
   */
  async changePlan(
    customerId: string,
    plan: PlanName,
    from: readonly PlanName[] = Object.keys(plans).flatMap((name) => planNamed(name) ?? []),
  ): Promise<EntitlementRow> {
    const { scope, entitlements, relay } = this.#parts;
    const changed = await scope.run(customer(customerId), async (manager) => {
      const stays = (entitlement: EntitlementRow) =>
        entitlement.plan === plan || !from.includes(entitlement.plan);
      const { entitlement } = await this.#foundOrAdded(manager, customerId, plan);
      // Mostly it does: then nobody need wait.
      if (stays(entitlement)) return entitlement;
      const before = await entitlements.lock(manager, customerId);
      if (stays(before)) return before;
      return this.#change(manager, before, { plan, ...limitsOn(plan, before) });
    });
    relay.wake();
    return changed;
  }

  async #change(
    manager: EntityManager,
    before: EntitlementRow,
    wish: Partial<Limits & Pick<EntitlementRow, 'plan'>>,
  ): Promise<EntitlementRow> {
    const { entitlements, clock } = this.#parts;
    const version = before.version + 1n;
    const after: EntitlementRow = { ...before, ...wish, version, changedAt: new Date(clock.now()) };
    const { customerId, createdAt, ...change } = after;
    await entitlements.change(manager, customerId, change);
    await this.#tell(manager, after);
    return after;
  }

  async #foundOrAdded(manager: EntityManager, customerId: string, plan: PlanName) {
    const { entitlements, clock } = this.#parts;
    const found = await entitlements.find(manager, customerId);
    if (found) return { entitlement: found, added: false };
    const now = new Date(clock.now());
    const entitlement: EntitlementRow = {
      customerId,
      plan,
      ...plans[plan],
      version: 1n,
      createdAt: now,
      changedAt: now,
    };
    const added = await entitlements.add(manager, entitlement);
    if (added) await this.#tell(manager, entitlement);
    return { entitlement: added ? entitlement : await entitlements.lock(manager, customerId), added };
  }

  #tell(manager: EntityManager, entitlement: EntitlementRow): Promise<void> {
    return this.#parts.outbox.add(manager, events.entitlementChanged, {
      entitlement: entitlementMessage(entitlement),
    });
  }
}

/** The limits of a plan, but for those that are not what the plan before says. */
function limitsOn(plan: PlanName, before: EntitlementRow): Limits {
  const was: Limits = plans[before.plan];
  const limits: Limits = plans[plan];
  const of = (name: keyof Limits) => (before[name] === was[name] ? limits[name] : before[name]);
  return {
    perMinute: of('perMinute'),
    perMonth: of('perMonth'),
    lifetime: of('lifetime'),
    perTtl: of('perTtl'),
  };
}

function customer(id: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id;
  throw new DomainError('bad_request', 'customer_id must be a UUID.');
}

function admit(limit: bigint | null | undefined): void {
  if (limit === undefined || limit === null || (limit >= 0n && limit <= largestLimit)) return;
  throw new DomainError('bad_request', `A limit must be from 0 to ${largestLimit}, or unlimited.`);
}
