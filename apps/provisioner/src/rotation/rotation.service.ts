import type { EntityManager } from 'typeorm';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { CeremonyParts } from '../ceremony/ceremony-parts.js';
import { ceremonySteps } from '../ceremony/ceremony-step.js';
import { keyName } from '../ceremony/key-steps.js';
import type { CustomerRow } from '../customer/customer.entity.js';
import type { CustomerService } from '../customer/customer.service.js';

export interface RotationServiceParts
  extends Pick<CeremonyParts, 'scope' | 'ceremonies' | 'authorities' | 'artifacts' | 'clock'> {
  readonly customers: Pick<CustomerService, 'get'>;
  /** Takes up ceremonies that are due. */
  readonly runner: { wake(): void };
  readonly logger: Logger;
}

export interface RotationWish {
  readonly handle: string;
  /** Also before it is due. */
  readonly now: boolean;
  /** Changes nothing. */
  readonly dryRun: boolean;
  readonly requestedBy: string;
}

/** What a rotation does, or would do. Times are epoch milliseconds. */
export interface RotationPlan {
  readonly underWay: boolean;
  readonly generation: number;
  readonly nextGeneration: number;
  readonly dueAt: number;
  readonly keyName: string;
  readonly steps: readonly string[];
  readonly retiredAt: number;
}

const dayMs = 86_400_000;
/** 30 days before the first birthday of an intermediate that lives two years. */
export const rotationAgeMs = (365 - 30) * dayMs;
/**
 * How long an intermediate that mints no more is kept for its CRL and OCSP: the longest leaf lives 90 days, and an
 * issuer that was cut off from the events may have signed for some days more.
 */
export const retirementAgeMs = (90 + 7) * dayMs;
/** Customers that one look of the scheduler takes up. */
const atOnce = 100;

/** Moves customers from one intermediate to the next: yearly by itself, or when an operator asks. */
export class RotationService {
  constructor(private readonly parts: RotationServiceParts) {}

  /**
   * Starts a customer's rotation when it is due, or now; or tells only what it would do.
   *
   * @throws DomainError customer_not_found
   * @throws DomainError customer_not_active before the first ceremony has ended
   * @throws DomainError bad_request where the root is the customer's own
   * @throws DomainError ceremony_under_way while another ceremony of the customer is
   */
  async rotate(wish: RotationWish): Promise<RotationPlan> {
    const { scope, ceremonies, clock, runner } = this.parts;
    const { handle, requestedBy } = wish;
    const customer = await this.parts.customers.get(handle);
    const { id: customerId } = customer;
    const plan = await scope.run(customerId, async (manager) => {
      const planned = await this.#plan(manager, customer);
      const now = clock.now();
      if (planned.underWay || wish.dryRun || !(wish.now || now >= planned.dueAt)) return planned;
      const generation = planned.nextGeneration;
      const startedAt = new Date(now);
      const ceremony = { customerId, kind: 'rotation', generation, requestedBy, startedAt } as const;
      if (!(await ceremonies.start(manager, ceremony))) throw busy(handle);
      return { ...planned, underWay: true };
    });
    runner.wake();
    return plan;
  }

  /** Starts every rotation and every retirement that is due. Returns how many it started. */
  async startDue(): Promise<number> {
    const { scope, ceremonies, clock, logger, runner } = this.parts;
    const ago = (milliseconds: number) => new Date(clock.now() - milliseconds);
    const [old, unretired] = await scope.everyCustomer(async (manager) => [
      await ceremonies.activatedBefore(manager, ago(rotationAgeMs), atOnce),
      await ceremonies.unretiredBefore(manager, ago(retirementAgeMs), atOnce),
    ]);
    let started = 0;
    for (const { customerId, kind, generation } of old) {
      if (kind === 'import') {
        // Only the customer's own root can sign the next one.
        const about = { customer_id: customerId, generation };
        logger.warn(about, 'an imported intermediate is due for renewal: ask for a request with `ca csr`');
        continue;
      }
      started += Number(await this.#start(customerId, 'rotation'));
    }
    for (const { customerId, generation } of unretired) {
      started += Number(await this.#start(customerId, 'retirement', generation));
    }
    if (started > 0) runner.wake();
    return started;
  }

  #start(customerId: string, kind: 'rotation' | 'retirement', about?: number): Promise<boolean> {
    const { scope, ceremonies, authorities, clock } = this.parts;
    return scope.run(customerId, async (manager) => {
      const generation = about ?? (await this.#nextGeneration(manager, customerId));
      const root = await authorities.newest(manager, customerId, 'root');
      if (kind === 'rotation' && !root) return false;
      const startedAt = new Date(clock.now());
      return ceremonies.start(manager, {
        ...{ customerId, kind, generation, startedAt },
        requestedBy: 'scheduler',
      });
    });
  }

  async #plan(manager: EntityManager, customer: CustomerRow): Promise<RotationPlan> {
    const { id: customerId, handle } = customer;
    const { ceremonies, artifacts, authorities, clock } = this.parts;
    const artifact = await artifacts.newest(manager, customerId);
    const activated = await ceremonies.lastActivation(manager, customerId);
    if (!artifact || !activated?.finishedAt) {
      throw new DomainError('customer_not_active', `The CA of ${handle} is being provisioned.`);
    }
    const root = await authorities.newest(manager, customerId, 'root');
    if (!root?.certificate || Buffer.compare(root.certificate, artifact.root) !== 0) {
      const what = `The root of ${handle} is the customer's own: ask for a request with "ca csr ${handle}".`;
      throw new DomainError('bad_request', what);
    }
    const underWay = await ceremonies.underWay(manager, customerId);
    if (underWay && underWay.kind !== 'rotation') throw busy(handle);
    const next = underWay?.generation ?? (await this.#nextGeneration(manager, customerId));
    return {
      underWay: underWay !== null,
      generation: activated.generation,
      nextGeneration: next,
      dueAt: activated.finishedAt.getTime() + rotationAgeMs,
      keyName: keyName(customer, 'intermediate', next),
      steps: ceremonySteps.rotation,
      retiredAt: clock.now() + retirementAgeMs,
    };
  }

  /** Also a request that was never answered has a generation. */
  async #nextGeneration(manager: EntityManager, customerId: string): Promise<number> {
    const newest = await this.parts.authorities.newest(manager, customerId, 'intermediate');
    return (newest?.generation ?? 0) + 1;
  }
}

function busy(handle: string): DomainError {
  return new DomainError('ceremony_under_way', `Another ceremony of ${handle} is under way.`);
}
