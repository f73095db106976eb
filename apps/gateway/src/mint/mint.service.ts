import { create } from '@bufbuild/protobuf';
import { MintRequestSchema, type MintResponse } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { nameActor } from '../audit/actor.js';
import { type BearerAuthenticator, refused } from '../auth/bearer.authenticator.js';
import type { BearerPrincipal, TokenPrincipal } from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { explainFailures } from './issue-failures.js';
import type { MintCoalescer } from './mint-coalescer.js';
import { type MintCall, readMint } from './mint-request.js';

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
  admit(authorization: string | undefined, handle: string): BearerPrincipal | Promise<BearerPrincipal> {
    const principal = this.bearers.authenticate(authorization);
    return principal instanceof Promise
      ? principal.then((found) => this.admitAs(found, handle))
      : this.admitAs(principal, handle);
  }

  private admitAs(principal: TokenPrincipal, handle: string): BearerPrincipal | Promise<BearerPrincipal> {
    if (principal.tier !== 'dev') throw new DomainError('bad_path', 'There is nothing at this path.');
    if (principal.kind !== 'bearer') throw refused();
    if (principal.handle !== handle) {
      throw new DomainError('customer_not_found', 'There is no customer of yours with this handle.');
    }
    return principal.status === 'active' ? principal : this.admitOnceActive(principal);
  }

  private async admitOnceActive(principal: BearerPrincipal): Promise<BearerPrincipal> {
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
  async mint(principal: BearerPrincipal, call: MintCall, requestId: string): Promise<MintResponse> {
    const { csrs, problems, ttlSeconds, idempotencyKey } = readMint(call);
    // Assigned, not initialised: the generic initialiser takes 6 µs.
    const request = create(MintRequestSchema);
    request.customerId = principal.customerId;
    request.csrs = csrs;
    request.ttlSeconds = BigInt(ttlSeconds);
    request.idempotencyKey = idempotencyKey;
    nameActor(request, principal, requestId);
    try {
      return await this.coalescer.mint(request, requestId);
    } catch (error) {
      throw explainFailures(DomainError.from(error), problems);
    }
  }
}
