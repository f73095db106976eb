import type { EntityManager } from 'typeorm';
import type { Outbox, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { CeremonyRepository } from '../ceremony/ceremony.repository.js';
import type { CustomerRow, CustomerStatus } from './customer.entity.js';
import { announceCustomer } from './customer.events.js';
import type { CustomerRepository, NewCustomer } from './customer.repository.js';
import { checkHandle } from './handle.js';

export type CustomerWish = Omit<NewCustomer, 'createdAt'>;

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
   * the customer's own root signs.
   *
   * @throws DomainError bad_handle
   * @throws DomainError customer_exists also for all but one of those who ask for a handle at once
   */
  async create(wish: CustomerWish, requestedBy: string): Promise<CustomerRow> {
    const { scope, customers, ceremonies, outbox, clock, relay, runner } = this.parts;
    checkHandle(wish.handle);
    const createdAt = new Date(clock.now());
    const created = await scope.everyCustomer(async (manager) => {
      const added = await customers.add(manager, { ...wish, createdAt });
      if (!added) throw new DomainError('customer_exists', `The customer ${wish.handle} exists already.`);
      await ceremonies.start(manager, {
        customerId: added.id,
        kind: wish.externalRoot ? 'request' : 'birth',
        generation: 1,
        requestedBy,
        startedAt: createdAt,
      });
      const customer = await this.#byHandle(manager, wish.handle);
      await announceCustomer(outbox, manager, customer);
      return customer;
    });
    relay.wake();
    runner.wake();
    return created;
  }

  /** @throws DomainError customer_not_found */
  get(handle: string): Promise<CustomerRow> {
    return this.parts.scope.everyCustomer((manager) => this.#byHandle(manager, handle));
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
    const { scope, customers, outbox, relay } = this.parts;
    const changed = await scope.everyCustomer(async (manager) => {
      const { id } = await this.#byHandle(manager, handle);
      // Read again under the lock: the ceremony may have ended, or another operator was first.
      await customers.lock(manager, id);
      const customer = await this.#byHandle(manager, handle);
      const status = statusFor(customer);
      if (status === customer.status) return customer;
      await customers.change(manager, id, { status });
      const after = await this.#byHandle(manager, handle);
      await announceCustomer(outbox, manager, after);
      return after;
    });
    relay.wake();
    return changed;
  }

  async #byHandle(manager: EntityManager, handle: string): Promise<CustomerRow> {
    const customer = await this.parts.customers.byHandle(manager, handle);
    if (customer) return customer;
    throw new DomainError('customer_not_found', `There is no customer ${handle.slice(0, 40)}.`);
  }
}
