import { LeafProfile, type MintResponse } from '#libs/contracts';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { events } from '#libs/rpc';
import { CsrError, csrFromPem, parseCsr, pemEncode, sha256 } from '#libs/x509';
import type { OwnerPrincipal } from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { timestamp } from '../http/timestamp.js';
import type { MintService } from '../mint/mint.service.js';
import { hexSerial } from '../pki/serial.js';
import type { BirthCert, BirthCertRepository } from './birth-cert.repository.js';
import type { BirthCertBody, BirthCertJson } from './birth-cert.schema.js';
import type { ClientCertificateCache } from './client-certificate.cache.js';

export interface BirthCertServiceParts {
  readonly births: BirthCertRepository;
  readonly mints: Pick<MintService, 'issue' | 'admitOnceActive'>;
  readonly directory: Pick<CustomerDirectory, 'idOf'>;
  readonly tenants: TenantScope;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly cache: ClientCertificateCache;
}

/** One year (specification 2 §3). */
const ttlSeconds = 31_536_000;

/** The certificate that a customer's own services authenticate each other with: one, for a year (specification 2 §3). */
export class BirthCertService {
  constructor(private readonly parts: BirthCertServiceParts) {}

  /**
   * Issues it. Requests that come at once ask the issuer under one key, so that there is one certificate at most;
   * should the gateway end in between, the same request gives it later.
   *
   * @throws DomainError issue_failed for another kind of key or without its proof; already_issued; customer_not_active
   */
  async issue(owner: OwnerPrincipal, body: BirthCertBody, requestId: string): Promise<BirthCertJson> {
    const csr = provenRequest(body);
    const principal = owner.status === 'active' ? owner : await this.parts.mints.admitOnceActive(owner);
    const { births } = this.parts;
    const { customerId, handle } = principal;
    const { mintKey, isIssued } = await births.reserve(customerId);
    if (isIssued) throw alreadyIssued();
    const minted = await this.mint(principal, csr, { mintKey, requestId });
    const [certificate] = minted.certificates;
    if (certificate === undefined) throw new DomainError('internal', 'The issuer gave no certificate.');
    if (!(await births.fill(customerId, mintKey, certificate, minted.chain))) throw alreadyIssued();
    return present(handle, await births.find(customerId));
  }

  /** @throws DomainError birth_cert_not_found */
  async show({ customerId, handle }: OwnerPrincipal): Promise<BirthCertJson> {
    return present(handle, await this.parts.births.find(customerId));
  }

  /**
   * Lets a customer have another one. The one before authenticates nothing from now on; it stays valid for others
   * until it is revoked.
   *
   * @throws DomainError customer_not_found
   */
  async reset(handle: string): Promise<void> {
    const { directory, tenants, births, outbox, relay, cache } = this.parts;
    const customerId = await directory.idOf(handle);
    await tenants.run(customerId, async (manager) => {
      await births.remove(manager, customerId);
      await outbox.add(manager, events.credentialChanged, { customerId });
    });
    cache.forget(customerId);
    relay.wake();
  }

  private async mint(
    owner: OwnerPrincipal,
    csr: Uint8Array,
    { mintKey, requestId }: { readonly mintKey: string; readonly requestId: string },
  ): Promise<MintResponse> {
    // The issuer refuses another key's request under the same idempotency key: that one has won.
    const idempotencyKey = `birth-cert-${mintKey}`;
    const profile = LeafProfile.BIRTH;
    const order = { csrs: [csr], problems: new Map<number, string>(), ttlSeconds, idempotencyKey, profile };
    try {
      return await this.parts.mints.issue(owner, order, requestId);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'idempotency_key_reused') throw alreadyIssued();
      throw error;
    }
  }
}

/** The request in DER, whose key is the one in the body and P-256; the issuer verifies its signature. */
function provenRequest({ spki, csr_pem: pem }: BirthCertBody): Uint8Array {
  try {
    const der = csrFromPem(pem);
    const key = parseCsr(der).spki;
    const isNamed = Buffer.compare(key.der, Buffer.from(spki, 'base64')) === 0;
    if (!isNamed)
      throw new DomainError('issue_failed', 'The request proves possession of another key than spki.');
    if (key.algorithm !== 'P-256')
      throw new DomainError('issue_failed', `The key must be P-256, not ${key.algorithm}.`);
    return der;
  } catch (error) {
    if (error instanceof CsrError) throw new DomainError('issue_failed', `csr_pem: ${error.reason}.`);
    throw error;
  }
}

function present(handle: string, birth: BirthCert | undefined): BirthCertJson {
  if (birth === undefined) throw new DomainError('birth_cert_not_found', 'No birth certificate was issued.');
  return {
    handle,
    cert_pem: pemEncode('CERTIFICATE', birth.certificate),
    chain: birth.chain.map((each) => pemEncode('CERTIFICATE', each)).join(''),
    serial: hexSerial(birth.serial),
    fingerprint: Buffer.from(sha256(birth.certificate)).toString('hex'),
    issued_at: timestamp(birth.issuedAt.getTime() / 1000),
    expires_at: timestamp(birth.expiresAt.getTime() / 1000),
  };
}

function alreadyIssued(): DomainError {
  return new DomainError(
    'already_issued',
    'This customer has had its birth certificate; an operator can allow another.',
  );
}
