import {
  type BillingService,
  type Customer,
  CustomerTier,
  type Entitlement,
  type GetQuotaResponse,
  type IssuerService,
  type NameConstraints,
  type ProvisionerService,
} from '#libs/contracts';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import { type Client, events } from '#libs/rpc';
import { randomSecret, sha256 } from '#libs/x509';
import type { BearerRepository } from '../auth/bearer.repository.js';
import type { BearerCache } from '../auth/bearer-cache.js';
import type { PublicUrls } from '../http/public-urls.js';
import type { CustomerDirectory } from './customer.directory.js';
import { algorithmOf, presentCustomer, tierOf } from './customer.presenter.js';
import type { CustomerRepository } from './customer.repository.js';
import type {
  CustomerJson,
  LimitsBody,
  NameConstraintsJson,
  NewCustomerBody,
  PlanBody,
} from './customer.schema.js';
import { checkLeafName, isHandle } from './handle.js';

export interface CustomerServiceParts {
  readonly provisioner: Client<typeof ProvisionerService>;
  readonly billing: Client<typeof BillingService>;
  readonly issuer: Pick<Client<typeof IssuerService>, 'getQuota'>;
  readonly directory: CustomerDirectory;
  readonly customers: CustomerRepository;
  readonly bearers: BearerRepository;
  readonly cache: BearerCache;
  readonly tenants: TenantScope;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly urls: PublicUrls;
  readonly baseDomain: string;
  readonly logger: Logger;
}

/** How long new limits may take to reach the issuer before the operator is told, in milliseconds. */
const limitsTimeoutMs = 5_000;
const limitsPollMs = 20;

export type CustomerWithBearer = CustomerJson & { readonly bearer: string };

/** What an operator does with customers. Every answer is true for the operator's very next request. */
export class CustomerService {
  constructor(private readonly parts: CustomerServiceParts) {}

  /**
   * Registers a customer, starts its ceremony and issues its first bearer. Should the gateway end between the
   * two, the customer exists without a bearer, and rotating gives it one.
   *
   * @throws DomainError bad_handle, bad_request, customer_exists
   */
  async create(body: NewCustomerBody, requestId: string): Promise<CustomerWithBearer> {
    checkLeafName(body.handle, this.parts.baseDomain);
    checkTier(body);
    const created = await this.parts.provisioner.createCustomer(
      {
        handle: body.handle,
        tier: body.tier === 'free' ? CustomerTier.FREE : CustomerTier.DEV,
        rootAlgorithm: algorithmOf(body.root_algorithm),
        intermediateAlgorithm: algorithmOf(body.intermediate_algorithm),
        crlShards: body.crl_shards ?? 1,
        externalRoot: body.external_root ?? false,
        keyHome: body.key_home ?? '',
        requestedBy: 'operator',
        ...(body.name_constraints && { nameConstraints: constraintsOf(body.name_constraints) }),
      },
      withId(requestId),
    );
    this.note('customer created', body.handle, requestId);
    return this.issueBearer(present(created.customer), requestId);
  }

  /** @throws DomainError customer_not_found */
  async show(handle: string, requestId: string): Promise<CustomerJson> {
    const customer = await this.fetch(handle, requestId);
    await this.parts.directory.learn(customer);
    return this.present(customer, requestId);
  }

  /** A page of customers by handle, without limits and use. */
  async list(
    page: { readonly size: number; readonly token: string },
    requestId: string,
  ): Promise<{ customers: CustomerJson[]; next_page_token: string | null }> {
    const { provisioner, urls } = this.parts;
    const { customers, nextPageToken } = await provisioner.listCustomers(
      { pageSize: page.size, pageToken: page.token },
      withId(requestId),
    );
    return {
      customers: customers.map((customer) => presentCustomer(customer, urls)),
      next_page_token: nextPageToken || null,
    };
  }

  /** Refuses the customer's mints from now on; what it has stays valid. */
  async suspend(handle: string, requestId: string): Promise<CustomerJson> {
    checkHandle(handle);
    const { customer } = await this.parts.provisioner.suspendCustomer({ handle }, withId(requestId));
    this.note('customer suspended', handle, requestId);
    return this.changed(present(customer), requestId);
  }

  async resume(handle: string, requestId: string): Promise<CustomerJson> {
    checkHandle(handle);
    const { customer } = await this.parts.provisioner.resumeCustomer({ handle }, withId(requestId));
    this.note('customer resumed', handle, requestId);
    return this.changed(present(customer), requestId);
  }

  /** Gives a customer a new bearer; the one before is refused from now on. */
  async rotateBearer(handle: string, requestId: string): Promise<CustomerWithBearer> {
    return this.issueBearer(await this.fetch(handle, requestId), requestId);
  }

  /** Moves a Free customer to the Dev tier, where the ceremony of its own CA begins. Idempotent. */
  async promote(handle: string, requestId: string): Promise<CustomerJson> {
    checkHandle(handle);
    const { customer } = await this.parts.provisioner.promoteCustomer({ handle }, withId(requestId));
    const promoted = present(customer);
    await this.parts.billing.changePlan({ customerId: promoted.id, plan: 'dev' }, withId(requestId));
    this.note('customer promoted', handle, requestId);
    return this.changed(promoted, requestId);
  }

  /**
   * Puts a Free customer on a plan, and answers when the issuer enforces it.
   *
   * @throws DomainError bad_request for a customer of the Dev tier
   */
  async setPlan(handle: string, { plan }: PlanBody, requestId: string): Promise<CustomerJson> {
    const customer = await this.fetch(handle, requestId);
    if (tierOf(customer) !== 'free') {
      throw new DomainError('bad_request', `${handle} is on the Dev tier, which has one plan.`);
    }
    const changed = await this.parts.billing.changePlan({ customerId: customer.id, plan }, withId(requestId));
    const { entitlement } = changed;
    if (entitlement === undefined)
      throw new DomainError('internal', 'Billing answered without an entitlement.');
    const quota = await this.enforced(entitlement, requestId);
    this.note('plan set', handle, requestId);
    return presentCustomer(customer, this.parts.urls, quota);
  }

  /** Sets limits, and answers when the issuer enforces them. */
  async setLimits(handle: string, body: LimitsBody, requestId: string): Promise<CustomerJson> {
    const customer = await this.fetch(handle, requestId);
    const { entitlement } = await this.parts.billing.setLimits(
      {
        customerId: customer.id,
        ...(body.per_minute !== undefined && { perMinute: limitOf(body.per_minute) }),
        ...(body.per_month !== undefined && { perMonth: limitOf(body.per_month) }),
      },
      withId(requestId),
    );
    if (entitlement === undefined)
      throw new DomainError('internal', 'Billing answered without an entitlement.');
    const quota = await this.enforced(entitlement, requestId);
    this.note('limits set', handle, requestId);
    return presentCustomer(customer, this.parts.urls, quota);
  }

  private note(what: string, handle: string, requestId: string): void {
    this.parts.logger.info({ handle, request_id: requestId }, what);
  }

  private async fetch(handle: string, requestId: string): Promise<Customer> {
    checkHandle(handle);
    const { customer } = await this.parts.provisioner.getCustomer({ handle }, withId(requestId));
    return present(customer);
  }

  private async changed(customer: Customer, requestId: string): Promise<CustomerJson> {
    await this.parts.directory.learn(customer);
    return this.present(customer, requestId);
  }

  /** With limits and use where the issuer answers: an operator can look at a customer while it is away. */
  private async present(customer: Customer, requestId: string): Promise<CustomerJson> {
    const { issuer, urls } = this.parts;
    const quota = await issuer
      .getQuota(
        { customerId: customer.id, plan: tierOf(customer) },
        { ...withId(requestId), timeoutMs: 2_000 },
      )
      .catch(() => undefined);
    return presentCustomer(customer, urls, quota);
  }

  private async issueBearer(customer: Customer, requestId: string): Promise<CustomerWithBearer> {
    const { tenants, customers, bearers, outbox, relay, cache } = this.parts;
    const bearer = randomSecret();
    await tenants.run(customer.id, async (manager) => {
      await customers.put(manager, customer);
      await bearers.replace(manager, customer.id, sha256(Buffer.from(bearer, 'latin1')));
      await outbox.add(manager, events.credentialChanged, { customerId: customer.id });
    });
    cache.forget(customer.id);
    relay.wake();
    this.note('bearer issued', customer.handle, requestId);
    return { ...(await this.present(customer, requestId)), bearer };
  }

  /** Waits until the issuer has heard of an entitlement. */
  private async enforced({ customerId, version }: Entitlement, requestId: string): Promise<GetQuotaResponse> {
    const until = performance.now() + limitsTimeoutMs;
    for (;;) {
      const quota = await this.parts.issuer.getQuota({ customerId }, withId(requestId));
      if (quota.entitlementVersion >= version) return quota;
      if (performance.now() >= until) {
        throw new DomainError(
          'deadline_exceeded',
          'The limits are stored, but the issuer has not heard of them yet.',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, limitsPollMs));
    }
  }
}

/** A name that nobody can have is refused before anybody is asked. */
function checkHandle(handle: string): void {
  if (!isHandle(handle))
    throw new DomainError('customer_not_found', 'There is no customer with this handle.');
}

function present(customer: Customer | undefined): Customer {
  if (customer === undefined)
    throw new DomainError('internal', 'The provisioner answered without a customer.');
  return customer;
}

function withId(requestId: string): { metadata: Record<string, string> } {
  return { metadata: { 'x-request-id': requestId } };
}

function limitOf(value: number | null): { value?: bigint } {
  return value === null ? {} : { value: BigInt(value) };
}

/** The contract's lists of what JSON names. */
export function constraintsOf(json: NameConstraintsJson): Omit<NameConstraints, '$typeName' | '$unknown'> {
  return {
    permittedDns: [...(json.permitted_dns ?? [])],
    excludedDns: [...(json.excluded_dns ?? [])],
    permittedIp: [...(json.permitted_ip ?? [])],
    excludedIp: [...(json.excluded_ip ?? [])],
    permittedEmail: [...(json.permitted_email ?? [])],
    excludedEmail: [...(json.excluded_email ?? [])],
    permittedUri: [...(json.permitted_uri ?? [])],
    excludedUri: [...(json.excluded_uri ?? [])],
  };
}

/** What is chosen of a CA that is made for the customer alone. */
const ofOwnCa = [
  ...(['external_root', 'key_home', 'crl_shards', 'root_algorithm', 'intermediate_algorithm'] as const),
  'name_constraints' as const,
];

/** @throws DomainError bad_request for a Free customer with a wish that only a CA of its own can fulfil */
function checkTier(body: NewCustomerBody): void {
  if (body.tier !== 'free') return;
  const field = ofOwnCa.find((name) => body[name] !== undefined && body[name] !== false);
  if (field === undefined) return;
  const message = `Free customers share a CA: ${field} is for the Dev tier.`;
  throw new DomainError('bad_request', message, { details: { field } });
}
