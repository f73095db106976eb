import { create } from '@bufbuild/protobuf';
import { MintRequestSchema, type MintResponse, NameConstraintsSchema } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { NameConstraints } from '#libs/x509';
import { nameActor } from '../audit/actor.js';
import { type BearerAuthenticator, refused } from '../auth/bearer.authenticator.js';
import type {
  BearerPrincipal,
  CertificatePrincipal,
  CustomerPrincipal,
  KnownCustomer,
  TokenPrincipal,
} from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { explainFailures } from './issue-failures.js';
import type { MintCoalescer } from './mint-coalescer.js';
import { type MintCall, type MintOrder, readMint } from './mint-request.js';

/** Who may mint as the customer itself: its master bearer, or its birth certificate in place of it. */
export type MintingPrincipal = BearerPrincipal | CertificatePrincipal;

/** Mints for whoever shows the bearer of the handle in the path (specification 1 §3). */
export class MintService {
  constructor(
    private readonly bearers: BearerAuthenticator,
    private readonly directory: Pick<CustomerDirectory, 'confirm'>,
    private readonly coalescer: MintCoalescer,
  ) {}

  /**
   * Checks who asks, before anything of the body is looked at. A right bearer learns nothing of a handle that
   * is not its own, not even whether there is one.
   *
   * @returns at once for a bearer that was seen lately
   * @throws DomainError unauthorized, bad_path on the Free tier, customer_not_found, customer_not_active, in this order
   */
  admit(authorization: string | undefined, handle: string): MintingPrincipal | Promise<MintingPrincipal> {
    const principal = this.bearers.authenticate(authorization);
    return principal instanceof Promise
      ? principal.then((found) => this.admitAs(found, handle))
      : this.admitAs(principal, handle);
  }

  /** The same for somebody who is known already. */
  admitAs(
    principal: TokenPrincipal | CertificatePrincipal,
    handle: string,
  ): MintingPrincipal | Promise<MintingPrincipal> {
    if (principal.tier !== 'dev') throw new DomainError('bad_path', 'There is nothing at this path.');
    if (principal.kind === 'credential') throw refused();
    if (principal.handle !== handle) {
      throw new DomainError('customer_not_found', 'There is no customer of yours with this handle.');
    }
    return principal.status === 'active' ? principal : this.admitOnceActive(principal);
  }

  /** @throws DomainError customer_not_active */
  async admitOnceActive<P extends KnownCustomer>(principal: P): Promise<P> {
    const status = await this.directory.confirm(principal);
    switch (status) {
      case 'active':
        return { ...principal, status };
      case 'suspended':
        throw new DomainError('customer_not_active', `${principal.handle} is suspended.`);
      case 'provisioning':
        throw new DomainError('customer_not_active', `The CA of ${principal.handle} is being made.`);
    }
  }

  /**
   * Reads the body and has the batch issued, all or nothing.
   *
   * @throws DomainError of the body (`readMint`), issue_failed, or what the issuer says
   */
  mint(principal: MintingPrincipal, call: MintCall, requestId: string): Promise<MintResponse> {
    return this.issue(principal, readMint(call), requestId);
  }

  /** The same for an order that was read already, of a mint or of any other profile. */
  async issue(principal: CustomerPrincipal, order: MintOrder, requestId: string): Promise<MintResponse> {
    const { csrs, problems, ttlSeconds, idempotencyKey, profile, nameConstraints } = order;
    // Assigned, not initialised: the generic initialiser takes 6 µs.
    const request = create(MintRequestSchema);
    request.customerId = principal.customerId;
    request.csrs = csrs;
    request.ttlSeconds = BigInt(ttlSeconds);
    request.idempotencyKey = idempotencyKey;
    if (principal.kind === 'credential') request.credentialId = principal.credentialId;
    if (profile !== undefined) request.profile = profile;
    if (nameConstraints !== undefined) request.nameConstraints = constraintsMessage(nameConstraints);
    nameActor(request, principal, requestId);
    try {
      return await this.coalescer.mint(request, requestId);
    } catch (error) {
      throw explainFailures(DomainError.from(error), problems);
    }
  }
}

function constraintsMessage(lists: NameConstraints) {
  const copies = Object.entries(lists).map(([name, list]) => [name, [...list]]);
  return create(NameConstraintsSchema, Object.fromEntries(copies));
}
