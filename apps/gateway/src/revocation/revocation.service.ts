import { RevocationActorKind, type RevocationService as RevocationRpc } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerPrincipal } from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { parseSerial } from '../pki/serial.js';
import { presentRevocation, type RevocationJson } from './revocation.presenter.js';
import type { RevokeBody } from './revocation.schema.js';
import { reasonOf } from './revocation-reason.js';

export type RevokeAnswer =
  | ({ readonly version: 'v1' } & RevocationJson)
  | { readonly version: 'v1'; readonly certs: readonly RevocationJson[] };

/** Whose certificates are revoked, and who asks for it. */
export interface Revoker {
  /** UUID. */
  readonly customerId: string;
  readonly kind: RevocationActorKind;
  /** For the journal, never a secret. */
  readonly id: string;
  /** UUID of the credential that must have minted them; absent for any. */
  readonly mintedBy?: string;
}

/** How the journal names the one operator that there is. */
export const operatorActor = { kind: RevocationActorKind.OPERATOR, id: 'operator' } as const;

/** Certificates that were revoked again after a restore. */
export interface Reconciled {
  readonly from_record: number;
  readonly from_operator: number;
}

/** Revokes for whoever shows a credential (specification 3, "To revoke"). */
export class RevocationService {
  constructor(
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
    private readonly revocation: Pick<Client<typeof RevocationRpc>, 'revoke' | 'reconcileJournal'>,
  ) {}

  /** @throws DomainError customer_not_found */
  async operator(handle: string): Promise<Revoker> {
    const customerId = await this.directory.idOf(handle);
    return { customerId, ...operatorActor };
  }

  /**
   * Revokes all or none; the answer is given once nothing can undo it.
   *
   * @throws DomainError serial_not_found, not_on_hold, bad_request
   */
  async revoke(revoker: Revoker, body: RevokeBody, requestId: string): Promise<RevokeAnswer> {
    const { customerId, kind, id, mintedBy = '' } = revoker;
    const serials = (body.serials ?? [body.serial ?? '']).map(readSerial);
    const { revocations } = await this.revocation.revoke(
      {
        ...{ customerId, serials, mintedBy, actor: { kind, id } },
        reason: reasonOf(body.reason),
        ...(body.invalidity_date !== undefined && {
          invalidityDate: unixSeconds(body.invalidity_date, 'invalidity_date'),
        }),
      },
      { metadata: { 'x-request-id': requestId } },
    );
    const certs = revocations.map(presentRevocation);
    const [only] = certs;
    return body.serials === undefined && only ? { version: 'v1', ...only } : { version: 'v1', certs };
  }

  /**
   * Ends the doubt about a customer's journal after a restore.
   *
   * @throws DomainError bad_request when there is none; serial_not_found, customer_not_found
   */
  async reconcile(
    handle: string,
    body: { readonly serials: readonly string[] },
    requestId: string,
  ): Promise<Reconciled> {
    const customerId = await this.directory.idOf(handle);
    const { fromRecord, fromOperator } = await this.revocation.reconcileJournal(
      { customerId, serials: body.serials.map(readSerial), actor: operatorActor },
      { metadata: { 'x-request-id': requestId } },
    );
    return { from_record: fromRecord, from_operator: fromOperator };
  }
}

/**
 * Who may revoke what with a credential of a customer's own: also a suspended customer, for a stolen key waits for
 * nobody. A scoped credential has only what it minted itself.
 *
 * @param handle in the path; undefined where the credential alone says whose
 * @throws DomainError customer_not_found for another's handle
 */
export function revokerOf(principal: CustomerPrincipal, handle?: string): Revoker {
  if (handle !== undefined && principal.handle !== handle) {
    throw new DomainError('customer_not_found', 'There is no customer of yours with this handle.');
  }
  const { customerId } = principal;
  switch (principal.kind) {
    case 'bearer':
      return { customerId, kind: RevocationActorKind.MASTER_BEARER, id: principal.handle };
    case 'credential': {
      const { credentialId: id } = principal;
      return { customerId, kind: RevocationActorKind.SCOPED_CREDENTIAL, id, mintedBy: id };
    }
    case 'certificate':
      return { customerId, kind: RevocationActorKind.BIRTH_CERTIFICATE, id: principal.fingerprint };
    case 'owner':
      throw new DomainError('internal', 'The route took somebody else.');
  }
}

/** @throws DomainError serial_not_found */
export function readSerial(text: string): Uint8Array {
  const serial = parseSerial(text);
  if (serial !== undefined) return serial;
  throw new DomainError('serial_not_found', 'This is not a serial number.');
}

/** @throws DomainError bad_request that names the field */
export function unixSeconds(text: string, field: string): bigint {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return BigInt(Math.floor(ms / 1000));
  throw new DomainError('bad_request', `${field} must be a time such as 2026-05-19T00:02:03Z.`, {
    details: { field },
  });
}
