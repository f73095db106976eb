import type { GetQuotaResponse, IssuedCertificate, IssuerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CallOptions, Client } from '#libs/rpc';
import { pemEncode } from '#libs/x509';
import type { CredentialPrincipal, CustomerPrincipal } from '../auth/principal.js';
import { presentConstraints } from '../customer/customer.presenter.js';
import type { Page } from '../http/page-query.js';
import { timestamp } from '../http/timestamp.js';
import { hexSerial } from '../pki/serial.js';
import { credentialKinds, type WhoamiJson } from './account.schema.js';

/** The buckets of lifetimes, as the issuer counts them. */
const ttlBuckets = ['1h', '1d', '7d', '14d', '30d', '90d'] as const;

/** Which certificates are listed, by expiry in Unix seconds. */
export interface CertificateFilter {
  readonly expiresFrom: bigint | undefined;
  readonly expiresBefore: bigint | undefined;
}

/** What every credential may see of its own customer. */
export class AccountService {
  constructor(private readonly issuer: Pick<Client<typeof IssuerService>, 'getQuota' | 'listCertificates'>) {}

  whoami(principal: CustomerPrincipal): WhoamiJson {
    const { kind, handle, customerId, tier, status } = principal;
    const known = { kind: credentialKinds[kind], handle, customer_id: customerId, tier, status };
    switch (principal.kind) {
      case 'bearer':
        return known;
      case 'credential':
        return { ...known, credential: presentCredential(principal) };
      case 'owner':
        return { ...known, email: principal.person.email };
      case 'certificate':
        return { ...known, fingerprint: principal.fingerprint };
    }
  }

  /** What is left to issue: of the minute, the month, ever, and of each bucket of lifetimes. */
  async usage({ customerId, tier }: CustomerPrincipal, requestId: string): Promise<object> {
    const quota = await this.issuer.getQuota({ customerId, plan: tier }, withId(requestId));
    return {
      minute: { used: Number(quota.usedThisMinute), limit: limitOf(quota.perMinute) },
      month: {
        used: Number(quota.usedThisMonth),
        limit: limitOf(quota.perMonth),
        resets_at: timestamp(Number(quota.monthResetsAt)),
      },
      lifetime: { used: Number(quota.usedInLifetime), limit: limitOf(quota.lifetime) },
      per_ttl: perTtl(quota),
    };
  }

  /** The customer's certificates, whoever asked for them: the latest expiry first. */
  async certificates(
    { customerId }: CustomerPrincipal,
    wish: Page & CertificateFilter,
    requestId: string,
  ): Promise<object> {
    const { certificates, nextPageToken } = await this.issuer.listCertificates(
      {
        customerId,
        pageSize: wish.size,
        pageToken: wish.token,
        ...(wish.expiresFrom !== undefined && { expiresFrom: wish.expiresFrom }),
        ...(wish.expiresBefore !== undefined && { expiresBefore: wish.expiresBefore }),
      },
      withId(requestId),
    );
    return { certificates: certificates.map(presentCertificate), next_page_token: nextPageToken || null };
  }
}

function presentCredential(principal: CredentialPrincipal): NonNullable<WhoamiJson['credential']> {
  const { credentialId, permissionId, grants, expiresAt, maxTtlSeconds, nameConstraints } = principal;
  return {
    credential_id: credentialId,
    permission_id: permissionId,
    signing_certs: [...grants].map(([certId, modes]) => ({ cert_id: certId, modes: [...modes] })),
    expires_at: expiresAt === undefined ? null : timestamp(Math.floor(expiresAt / 1000)),
    max_ttl_seconds: maxTtlSeconds ?? null,
    name_constraints: presentConstraints(nameConstraints),
    source_networks: principal.sourceNetworks,
  };
}

function presentCertificate({ der, serial, fingerprint, notBefore, notAfter }: IssuedCertificate): object {
  return {
    serial: hexSerial(serial),
    fingerprint: Buffer.from(fingerprint).toString('hex'),
    issued_at: timestamp(Number(notBefore)),
    expires_at: timestamp(Number(notAfter)),
    cert_pem: pemEncode('CERTIFICATE', der),
  };
}

function perTtl({ usedByTtl, perTtl: limit }: GetQuotaResponse): object[] {
  return ttlBuckets.map((ttl, index) => ({
    ttl,
    used: Number(usedByTtl[index] ?? 0n),
    limit: limitOf(limit),
  }));
}

function limitOf(value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value);
}

function withId(requestId: string): CallOptions {
  return { metadata: { 'x-request-id': requestId } };
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads `expires_from` and `expires_before` (RFC 3339). @throws DomainError bad_request */
export function readFilter(query: Record<string, unknown>): CertificateFilter {
  const read = (field: string): bigint | undefined => {
    const text = query[field];
    if (text === undefined) return undefined;
    const time = typeof text === 'string' && rfc3339.test(text) ? Date.parse(text) : Number.NaN;
    if (time >= 0) return BigInt(Math.floor(time / 1000));
    throw new DomainError('bad_request', `${field} must be a time such as 2027-01-31T12:00:00Z.`, {
      details: { field },
    });
  };
  return { expiresFrom: read('expires_from'), expiresBefore: read('expires_before') };
}
