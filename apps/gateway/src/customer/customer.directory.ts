import type { Customer, ProvisionerService } from '#libs/contracts';
import type { TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { BearerCache } from '../auth/bearer-cache.js';
import type { CustomerStanding, KnownCustomer } from '../auth/principal.js';
import { standingOf } from './customer.presenter.js';
import type { CustomerRepository } from './customer.repository.js';
import { isHandle } from './handle.js';

export interface CustomerDirectoryParts {
  readonly repository: CustomerRepository;
  readonly tenants: TenantScope;
  readonly bearers: BearerCache;
  readonly provisioner: Pick<Client<typeof ProvisionerService>, 'getCustomer'>;
  readonly clock: Clock;
}

/** Milliseconds in which a handle that nobody has is not asked about again, and how many handles are remembered at all. */
const missHoldsMs = 1_000;
const mostRemembered = 10_000;

/**
 * Knows every customer's standing: from the gateway's own projection, which events and the operator's own
 * changes keep, and from the provisioner where the projection has nothing, or nothing good, to say.
 */
export class CustomerDirectory {
  private readonly ids = new Map<string, string>();
  private readonly running = new Map<string, Promise<Customer>>();
  private readonly following = new Map<string, Promise<Customer>>();
  /** Until when (Unix milliseconds) a handle counts as nobody's. */
  private readonly misses = new Map<string, number>();

  constructor(private readonly parts: CustomerDirectoryParts) {}

  /** Takes a customer as the provisioner told of it, in an event or an answer; an older version changes nothing. */
  async learn(customer: Customer): Promise<void> {
    const { tenants, repository, bearers } = this.parts;
    await tenants.run(customer.id, (manager) => repository.put(manager, customer));
    bearers.forget(customer.id);
  }

  /**
   * The UUID of a customer, for whoever asks by its handle. It never changes, and is remembered.
   *
   * @throws DomainError customer_not_found; service_unavailable when only the provisioner could tell
   */
  async idOf(handle: string): Promise<string> {
    const known = this.ids.get(handle);
    if (known !== undefined) return known;
    if (!isHandle(handle)) throw notFound();
    const id = (await this.parts.repository.idOf(handle)) ?? (await this.askedId(handle));
    if (this.ids.size >= mostRemembered) this.ids.clear();
    this.ids.set(handle, id);
    return id;
  }

  /**
   * A customer as the provisioner has it now, and as the projection has it from now on.
   *
   * @throws DomainError customer_not_found, service_unavailable
   */
  fresh(handle: string): Promise<Customer> {
    if (!isHandle(handle)) throw notFound();
    return this.ask(handle);
  }

  private async askedId(handle: string): Promise<string> {
    if ((this.misses.get(handle) ?? 0) > this.parts.clock.now()) throw notFound();
    return (await this.ask(handle)).id;
  }

  /**
   * A standing that would refuse a customer is not believed before the provisioner has confirmed it: its news
   * may still be on the way. While the provisioner is away, the projection's word stands.
   */
  async confirm(principal: KnownCustomer): Promise<CustomerStanding> {
    if (principal.status === 'active') return principal.status;
    try {
      return standingOf(await this.ask(principal.handle));
    } catch {
      return principal.status;
    }
  }

  /**
   * Asks the provisioner. A question that came while one about the same handle was under way waits for the
   * next, which all such share: the answer is never older than the question.
   */
  private ask(handle: string): Promise<Customer> {
    const running = this.running.get(handle);
    if (running === undefined) return this.start(handle);
    const following = this.following.get(handle);
    if (following !== undefined) return following;
    const restart = () => {
      this.following.delete(handle);
      return this.start(handle);
    };
    const next = running.then(restart, restart);
    this.following.set(handle, next);
    return next;
  }

  private start(handle: string): Promise<Customer> {
    const answer = this.fetch(handle).finally(() => this.running.delete(handle));
    this.running.set(handle, answer);
    return answer;
  }

  private async fetch(handle: string): Promise<Customer> {
    try {
      const { customer } = await this.parts.provisioner.getCustomer({ handle }, { timeoutMs: 2_000 });
      if (customer === undefined) throw notFound();
      await this.learn(customer);
      return customer;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'customer_not_found') this.remember(handle);
      throw error;
    }
  }

  private remember(handle: string): void {
    if (this.misses.size >= mostRemembered) this.misses.clear();
    this.misses.set(handle, this.parts.clock.now() + missHoldsMs);
  }
}

function notFound(): DomainError {
  return new DomainError('customer_not_found', 'There is no customer with this handle.');
}
