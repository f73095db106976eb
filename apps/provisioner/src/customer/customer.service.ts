import type { EntityManager } from 'typeorm';
import type { Outbox, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { CeremonyRepository } from '../ceremony/ceremony.repository.js';
import type { CustomerRow, CustomerStatus } from './customer.entity.js';
import { announceCustomer } from './customer.events.js';
import type { CustomerRepository, NewCustomer } from './customer.repository.js';
import { checkHandle } from './handle.js';
import { sharedCustomer } from './shared-customer.js';

export type CustomerWish = Omit<NewCustomer, 'status' | 'activatedAt' | 'createdAt'>;

export interface CustomerPage {
  readonly customers: CustomerRow[];
  /** The last handle, when there are more. */
  readonly next?: string;
}

export interface CustomerServiceParts {
  readonly scope: TenantScope;
  readonly customers: CustomerRepository;
  readonly ceremonies: CeremonyRepository;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Publishes what the outbox holds. */
  readonly relay: { wake(): void };
  /** Takes up ceremonies that are due. */
  readonly runner: { wake(): void };
}

/** Customers as an operator manages them; every change is one version and one event. */
export class CustomerService {
  constructor(private readonly parts: CustomerServiceParts) {}

  /**
   * Registers a customer and its ceremony, which begins at once: the one that makes its CA, or only a request where
   * the customer's own root signs. A Free customer has no ceremony: it is active as soon as the CA that all of them
   * share is, which the first of them brings about.
   *
   * @throws DomainError bad_handle
   * @throws DomainError customer_exists also for all but one of those who ask for a handle at once
   */
  async create(wish: CustomerWish, requestedBy: string): Promise<CustomerRow> {
    const { scope, customers, ceremonies, clock, relay, runner } = this.parts;
    checkHandle(wish.handle);
    const createdAt = new Date(clock.now());
    const created = await scope.everyCustomer(async (manager) => {
      const shared = wish.tier === 'free' ? await this.#sharedCustomer(manager, createdAt) : undefined;
      const added = await customers.add(manager, {
        ...wish,
        createdAt,
        ...(shared?.activatedAt && { status: 'active', activatedAt: createdAt }),
      });
      const before = added || wish.id === undefined ? undefined : await customers.byId(manager, wish.id);
      // An answer that was lost on its way is given again.
      if (before?.handle === wish.handle) return before;
      if (!added) throw new DomainError('customer_exists', `The customer ${wish.handle} exists already.`);
      if (!shared) {
        await ceremonies.start(manager, {
          customerId: added,
          kind: wish.externalRoot ? 'request' : 'birth',
          generation: 1,
          requestedBy,
          startedAt: createdAt,
        });
      }
      return this.#announced(manager, wish.handle);
    });
    relay.wake();
    runner.wake();
    return created;
  }

  /** @throws DomainError customer_not_found */
  get(handle: string): Promise<CustomerRow> {
    return this.parts.scope.everyCustomer((manager) => this.#byHandle(manager, handle));
  }

  /** @throws DomainError customer_not_found */
  async getById(id: string): Promise<CustomerRow> {
    const { scope, customers } = this.parts;
    const customer = isUuid(id) && (await scope.run(id, (manager) => customers.byId(manager, id)));
    if (customer) return customer;
    throw new DomainError('customer_not_found', 'There is no customer with this id.');
  }

  /**
   * Moves a Free customer to the Dev tier: the ceremony of its own CA begins, and until it has ended the customer
   * is being provisioned. What the shared CA issued to it stays valid. Idempotent.
   *
   * @throws DomainError customer_not_found
   */
  async promote(handle: string): Promise<CustomerRow> {
    const { scope, customers, ceremonies, clock, relay, runner } = this.parts;
    const promoted = await scope.everyCustomer(async (manager) => {
      const { id } = await this.#account(manager, handle);
      await customers.lock(manager, id);
      const { tier, status } = await this.#account(manager, handle);
      if (tier === 'dev') return this.#byHandle(manager, handle);
      await customers.change(manager, id, {
        tier: 'dev',
        activatedAt: null,
        ...(status === 'active' && { status: 'provisioning' }),
      });
      await ceremonies.start(manager, {
        customerId: id,
        kind: 'birth',
        generation: 1,
        requestedBy: 'operator',
        startedAt: new Date(clock.now()),
      });
      return this.#announced(manager, handle);
    });
    relay.wake();
    runner.wake();
    return promoted;
  }

  /** @param after the last handle of the page before; empty for the first page */
  async list(after: string, pageSize: number): Promise<CustomerPage> {
    const { scope, customers } = this.parts;
    const found = await scope.everyCustomer((manager) => customers.list(manager, after, pageSize + 1));
    const page = found.slice(0, pageSize);
    const last = page.at(-1);
    return { customers: page, ...(found.length > pageSize && last && { next: last.handle }) };
  }

  /** Stops a customer from minting; a ceremony that is under way still ends. Idempotent. */
  suspend(handle: string): Promise<CustomerRow> {
    return this.#change(handle, () => 'suspended');
  }

  /** Undoes {@link suspend}: the customer is active, or provisioning while its ceremony is. Idempotent. */
  resume(handle: string): Promise<CustomerRow> {
    return this.#change(handle, (customer) => (customer.activatedAt ? 'active' : 'provisioning'));
  }

  async #change(handle: string, statusFor: (customer: CustomerRow) => CustomerStatus): Promise<CustomerRow> {
    const { scope, customers, relay } = this.parts;
    const changed = await scope.everyCustomer(async (manager) => {
      const { id } = await this.#account(manager, handle);
      // Read again under the lock: the ceremony may have ended, or another operator was first.
      await customers.lock(manager, id);
      const customer = await this.#byHandle(manager, handle);
      const status = statusFor(customer);
      if (status === customer.status) return customer;
      await customers.change(manager, id, { status });
      return this.#announced(manager, handle);
    });
    relay.wake();
    return changed;
  }

  /** The holder of the shared CA, held as it is until the transaction ends; its ceremony begins with the first need. */
  async #sharedCustomer(manager: EntityManager, createdAt: Date): Promise<CustomerRow> {
    const { customers, ceremonies } = this.parts;
    const { id, handle } = sharedCustomer;
    const algorithms = { rootAlgorithm: 'P-384', intermediateAlgorithm: 'P-256' } as const;
    const wish = { id, handle, tier: 'shared', nameConstraints: null, createdAt } as const;
    const custody = { externalRoot: false, keyHome: null };
    if (await customers.add(manager, { ...wish, ...algorithms, ...custody })) {
      await ceremonies.start(manager, {
        customerId: id,
        kind: 'birth',
        generation: 1,
        requestedBy: 'the first Free customer',
        startedAt: createdAt,
      });
      await this.#announced(manager, handle);
    }
    await customers.hold(manager, id);
    return this.#byHandle(manager, handle);
  }

  async #announced(manager: EntityManager, handle: string): Promise<CustomerRow> {
    const customer = await this.#byHandle(manager, handle);
    await announceCustomer(this.parts.outbox, manager, customer);
    return customer;
  }

  /** A customer that is somebody's: what holds the shared CA is not an operator's to change. */
  async #account(manager: EntityManager, handle: string): Promise<CustomerRow> {
    const customer = await this.#byHandle(manager, handle);
    if (customer.tier !== 'shared') return customer;
    throw new DomainError('customer_not_found', `There is no customer ${handle}.`);
  }

  async #byHandle(manager: EntityManager, handle: string): Promise<CustomerRow> {
    const customer = await this.parts.customers.byHandle(manager, handle);
    if (customer) return customer;
    throw new DomainError('customer_not_found', `There is no customer ${handle.slice(0, 40)}.`);
  }
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(text);
}
