import { type Customer, type ProvisionerService, CustomerTier as TierMessage } from '#libs/contracts';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import { type Client, events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { randomSecret, sha256 } from '#libs/x509';
import type { BearerRepository } from '../auth/bearer.repository.js';
import type { BearerCache } from '../auth/bearer-cache.js';
import type { OwnerPrincipal } from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { standingOf, tierOf } from '../customer/customer.presenter.js';
import type { CustomerRepository } from '../customer/customer.repository.js';
import { checkLeafName } from '../customer/handle.js';
import type { PublicUrls } from '../http/public-urls.js';
import { timestamp } from '../http/timestamp.js';
import type { SignedIn } from '../session/session.service.js';
import type { Binding, SignUpRepository } from './sign-up.repository.js';
import type { AccountJson, SignUpBody, WhoJson } from './sign-up.schema.js';
import { checkSignUpHandle } from './sign-up-handle.js';

export interface SignUpServiceParts {
  readonly provisioner: Pick<Client<typeof ProvisionerService>, 'createCustomer' | 'getCustomer'>;
  readonly signUps: SignUpRepository;
  readonly customers: CustomerRepository;
  readonly directory: CustomerDirectory;
  readonly bearers: BearerRepository;
  readonly cache: BearerCache;
  readonly tenants: TenantScope;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly urls: PublicUrls;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly baseDomain: string;
}

/** A person takes a handle, and once its bearer. */
export class SignUpService {
  constructor(private readonly parts: SignUpServiceParts) {}

  /**
   * Binds the person to a handle, first come. The handle is held before its customer is made, and the customer
   * has an id that was chosen with it: whoever was cut off in between asks again and ends in the same place.
   *
   * @throws DomainError bad_handle, customer_exists, already_signed_up
   */
  async signUp(signedIn: SignedIn, body: SignUpBody, requestId: string): Promise<AccountJson> {
    const { logger } = this.parts;
    const { person } = signedIn;
    if (signedIn.kind === 'owner') throw alreadySignedUp(signedIn.handle);
    checkSignUpHandle(body.handle);
    checkLeafName(body.handle, this.parts.baseDomain);
    const customerId = await this.hold(person.id, body.handle, requestId);
    const binding = { personId: person.id, customerId, wantedTier: body.tier };
    const customer = await this.attempt(binding, body.handle, requestId);
    logger.info({ handle: body.handle, request_id: requestId }, 'signed up');
    return this.present(customer, { wantedTier: body.tier, claimedAt: null });
  }

  /**
   * Gives the owner the account's bearer, this once.
   *
   * @throws DomainError already_claimed, also for all but one of those who ask at once
   */
  async claimBearer(
    { customerId, handle }: OwnerPrincipal,
    requestId: string,
  ): Promise<{ handle: string; bearer: string }> {
    const { tenants, signUps, bearers, outbox, relay, cache, clock, logger } = this.parts;
    const bearer = randomSecret();
    await tenants.run(customerId, async (manager) => {
      if (!(await signUps.claimBearer(manager, customerId, new Date(clock.now())))) {
        throw new DomainError(
          'already_claimed',
          'The bearer has been claimed, and is shown only once. If it is lost, ask the operator to rotate it.',
        );
      }
      await bearers.replace(manager, customerId, sha256(Buffer.from(bearer, 'latin1')));
      await outbox.add(manager, events.credentialChanged, { customerId });
    });
    cache.forget(customerId);
    relay.wake();
    logger.info({ handle, request_id: requestId }, 'bearer claimed');
    return { handle, bearer };
  }

  /** Who is signed in, and the account, as the provisioner knows it now. */
  async who(signedIn: SignedIn, requestId: string): Promise<WhoJson> {
    const { person } = signedIn;
    const shown = { email: person.email, name: person.name ?? null, issuer: person.issuer };
    if (signedIn.kind === 'visitor') return { person: shown, account: null };
    const customer = await this.fetch(signedIn.customerId, requestId);
    await this.parts.directory.learn(customer);
    const { customerId } = signedIn;
    const claimedAt = await this.parts.tenants.run(customerId, (manager) =>
      this.parts.signUps.bearerClaimedAt(manager, customerId),
    );
    const account = this.present(customer, { wantedTier: person.wantedTier ?? tierOf(customer), claimedAt });
    return { person: shown, account };
  }

  /** @returns the id that the customer has or will have */
  private async hold(personId: string, handle: string, requestId: string): Promise<string> {
    const claim = await this.parts.signUps.claim(personId, handle);
    const { outcome, claimed_id: id } = claim;
    switch (outcome) {
      case 'claimed':
        if (id !== null) return id;
        throw new DomainError('internal', 'A handle was claimed without an id.');
      case 'under_way':
        throw new DomainError(
          'already_signed_up',
          `You are signing up with the handle ${claim.claimed_handle} at this moment.`,
        );
      case 'elsewhere':
        // An earlier sign-up that never got to its customer holds nothing back.
        if (id === null || (await this.exists(id, requestId))) throw alreadySignedUp(claim.claimed_handle);
        await this.parts.signUps.release(personId, id);
        return this.hold(personId, handle, requestId);
      case 'reserved':
        throw new DomainError('bad_handle', `The handle ${handle} is reserved, or looks like one that is.`);
      case 'taken':
        throw taken(handle);
      case 'bound':
        throw alreadySignedUp();
    }
  }

  private async attempt(binding: Binding, handle: string, requestId: string): Promise<Customer> {
    const { provisioner, tenants, customers, signUps } = this.parts;
    const { personId, customerId: id } = binding;
    try {
      const wish = { id, handle, tier: TierMessage.FREE };
      const customer = present((await provisioner.createCustomer(wish, withId(requestId))).customer);
      await tenants.run(id, async (manager) => {
        await customers.put(manager, customer);
        if (!(await signUps.bind(manager, binding))) throw alreadySignedUp();
      });
      return customer;
    } catch (error) {
      const code = error instanceof DomainError ? error.code : undefined;
      const isFinal = code === 'customer_exists' || code === 'bad_handle';
      await signUps.endAttempt(personId, id, isFinal);
      throw code === 'customer_exists' ? taken(handle) : error;
    }
  }

  private async exists(customerId: string, requestId: string): Promise<boolean> {
    try {
      await this.fetch(customerId, requestId);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'customer_not_found') return false;
      throw error;
    }
  }

  private async fetch(customerId: string, requestId: string): Promise<Customer> {
    const { customer } = await this.parts.provisioner.getCustomer({ customerId }, withId(requestId));
    return present(customer);
  }

  private present(
    customer: Customer,
    facts: { readonly wantedTier: AccountJson['tier']; readonly claimedAt: Date | null },
  ): AccountJson {
    const { urls } = this.parts;
    return {
      id: customer.id,
      handle: customer.handle,
      tier: tierOf(customer),
      wanted_tier: facts.wantedTier,
      status: standingOf(customer),
      ceremony_step: customer.ceremonyStep || null,
      bearer_claimed_at: facts.claimedAt === null ? null : timestamp(facts.claimedAt.getTime() / 1_000),
      mint_url: urls.mint(customer.handle),
      pki_url: urls.pki(customer.handle),
    };
  }
}

function present(customer: Customer | undefined): Customer {
  if (customer === undefined)
    throw new DomainError('internal', 'The provisioner answered without a customer.');
  return customer;
}

function taken(handle: string): DomainError {
  return new DomainError('customer_exists', `The handle ${handle} is taken, or looks like one that is.`);
}

function alreadySignedUp(handle?: string | null): DomainError {
  const which = handle ? `, with the handle ${handle}` : '';
  return new DomainError('already_signed_up', `You have signed up already${which}.`);
}

function withId(requestId: string): { metadata: Record<string, string> } {
  return { metadata: { 'x-request-id': requestId } };
}
