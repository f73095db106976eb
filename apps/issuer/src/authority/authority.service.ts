import { type Authority, CustomerStatus, type ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CallOptions, Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { AuthorityRepository, KnownCustomer } from './authority.repository.js';
import { type IssuingAuthority, issuingAuthority, type PkiNames } from './issuing-authority.js';
import type { SigningAuthority } from './signing-authority.js';

export interface AuthorityServiceOptions {
  readonly repository: AuthorityRepository;
  readonly provisioner: Client<typeof ProvisionerService>;
  readonly clock: Clock;
  readonly names: PkiNames;
}

interface Cached {
  readonly status: CustomerStatus;
  readonly authority: IssuingAuthority | undefined;
  /** The customer whose CA it is. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly loadedAt: number;
}

/** An event to every replica empties the cache at once; this bounds what a lost one could do. */
const freshForMs = 30_000;
const cacheSize = 10_000;

/**
 * Who signs for a customer now. From memory as a rule; from the issuer's own tables when memory has nothing;
 * and from the provisioner when its events have not arrived yet.
 */
export class AuthorityService {
  private readonly cache = new Map<string, Cached>();
  private readonly loading = new Map<string, Promise<Cached>>();

  constructor(private readonly options: AuthorityServiceOptions) {}

  /** What {@link active} would answer, when memory knows it. */
  cached(customerId: string): IssuingAuthority | undefined {
    const known = this.fresh(customerId);
    return known && usable(known);
  }

  /**
   * @throws customer_not_active while the customer is suspended or being provisioned
   * @throws customer_not_found
   */
  async active(customerId: string, call: CallOptions): Promise<IssuingAuthority> {
    const known = this.fresh(customerId) ?? (await this.load(customerId, call));
    return usable(known) ?? refuse(known);
  }

  /** DER of an intermediate and its root, whether it is active or not. @throws internal when it is unknown */
  async chainOf(customerId: string, caId: string): Promise<readonly Uint8Array[]> {
    const active = this.cache.get(customerId)?.authority;
    if (active?.signing.caId === caId) return active.chain;
    const { customer } = await this.options.repository.find(customerId);
    const row = await this.options.repository.findByCa(customer?.caCustomerId ?? customerId, caId);
    if (!row) throw new DomainError('internal', `The intermediate ${caId} is not known here.`);
    return issuingAuthority(row, this.options.names).chain;
  }

  /**
   * An intermediate that signs about its own certificates, also when it mints no more.
   *
   * @throws customer_not_found, customer_not_active when neither this service nor the provisioner knows it
   */
  async signingOf(
    customerId: string,
    caId: string,
    call: CallOptions,
  ): Promise<SigningAuthority & { handle: string }> {
    const { repository, names } = this.options;
    const find = () => repository.findByCa(customerId, caId);
    let row = await find();
    if (!row?.handle) {
      await this.ask(customerId, call);
      row = await find();
    }
    if (!row?.handle) throw new DomainError('customer_not_active', `The CA ${caId} is not known.`);
    return { ...issuingAuthority(row, names).signing, handle: row.handle };
  }

  /** Something changed: the next request reads again. */
  forget(customerId: string): void {
    this.cache.delete(customerId);
    this.loading.delete(customerId);
  }

  /** Something about a CA changed: the same for all customers that it signs for. */
  forgetAuthority(ownerId: string): void {
    this.forget(ownerId);
    for (const [customerId, { owner }] of this.cache) if (owner === ownerId) this.forget(customerId);
    // Nobody can tell whose CA the looks under way are about.
    this.loading.clear();
  }

  private fresh(customerId: string): Cached | undefined {
    const known = this.cache.get(customerId);
    return known && this.options.clock.now() - known.loadedAt < freshForMs ? known : undefined;
  }

  /** Requests of one customer that come at once share one look. */
  private load(customerId: string, call: CallOptions): Promise<Cached> {
    const underWay = this.loading.get(customerId);
    if (underWay) return underWay;
    const look = this.look(customerId, call).then((found) => {
      // After a change meanwhile, what was read may be old: it answers these requests, but is not kept.
      if (this.loading.get(customerId) === look) this.keep(customerId, found);
      return found;
    });
    this.loading.set(customerId, look);
    const done = (): void => {
      if (this.loading.get(customerId) === look) this.loading.delete(customerId);
    };
    look.then(done, done);
    return look;
  }

  private async look(customerId: string, call: CallOptions): Promise<Cached> {
    const loadedAt = this.options.clock.now();
    let known = await this.options.repository.find(customerId);
    if (isIncomplete(known)) {
      await this.ask(customerId, call);
      known = await this.options.repository.find(customerId);
    }
    const status = known.customer?.status ?? CustomerStatus.UNSPECIFIED;
    const earlier = this.cache.get(customerId)?.authority;
    const authority =
      earlier && earlier.signing.caId === known.authority?.caId
        ? earlier
        : known.authority && issuingAuthority(known.authority, this.options.names, known.customer);
    return { status, authority, owner: known.authority?.customerId ?? customerId, loadedAt };
  }

  /** The owner of customers and authorities is asked once, and its answer kept like an event. */
  private async ask(customerId: string, call: CallOptions): Promise<void> {
    const { authority } = await this.options.provisioner.getAuthority({ customerId }, call);
    const known: Authority | undefined = authority;
    if (known === undefined) {
      throw new DomainError('customer_not_active', 'The customer has no active CA yet.');
    }
    // A Free customer's CA is in another's name.
    const asked = known.customerId === customerId ? { handle: known.handle } : { customerId };
    const { customer } = await this.options.provisioner.getCustomer(asked, call);
    if (customer?.id !== customerId || (customer.caCustomerId || customerId) !== known.customerId) {
      throw new DomainError('customer_not_active', 'The customer has no active CA yet.');
    }
    await this.options.repository.keepAuthority(known);
    await this.options.repository.keepCustomer(customer);
  }

  private keep(customerId: string, found: Cached): void {
    this.cache.delete(customerId);
    this.cache.set(customerId, found);
    const [oldest] = this.cache.keys();
    if (oldest !== undefined && this.cache.size > cacheSize) this.cache.delete(oldest);
  }
}

/**
 * Nothing heard of the customer, nor of the end of its first ceremony, which its owner may have been told of before;
 * or that it is active, but not by which authority.
 */
function isIncomplete({ customer, authority }: KnownCustomer): boolean {
  if (!customer || customer.status === CustomerStatus.PROVISIONING) return true;
  return !authority && customer.status === CustomerStatus.ACTIVE;
}

function usable({ status, authority }: Cached): IssuingAuthority | undefined {
  return status === CustomerStatus.ACTIVE ? authority : undefined;
}

function refuse({ status }: Cached): never {
  const why = status === CustomerStatus.SUSPENDED ? 'is suspended' : 'is still being provisioned';
  throw new DomainError('customer_not_active', `The customer ${why}.`);
}
