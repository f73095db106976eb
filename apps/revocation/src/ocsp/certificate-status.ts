import { DomainError } from '#libs/errors';
import type { CallContext } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { isCrlReason, type OcspStatus } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import type { CertificateFinder } from '../journal/certificate-finder.js';
import type { CertificateName, RevokedState } from '../journal/journal-entry.js';
import { canonicalSerial } from '../serial-status/serial.js';

export interface CertificateStatusParts {
  readonly certificates: Pick<CertificateFinder, 'findOf' | 'revokedState'>;
  readonly clock: Clock;
}

/** Milliseconds in which a status must be found. */
const lookupMs = 2_000;
/** Lookups at the same time: a flood of serial numbers that nobody has must not take the database. */
const mostLookups = 64;

/** What OCSP says of a certificate, from the journal and from what was issued. */
export class CertificateStatus {
  #lookups = 0;

  constructor(private readonly parts: CertificateStatusParts) {}

  /**
   * @param serial the INTEGER's content
   * @throws DomainError overloaded, or what cannot be asked now: then there is no answer, never a wrong one
   */
  async of(authority: KnownAuthority, serial: Uint8Array): Promise<OcspStatus> {
    const canonical = (serial[0] ?? 0x80) < 0x80 ? canonicalSerial(serial) : undefined;
    if (canonical === undefined) return { kind: 'unknown' };
    if (this.#lookups >= mostLookups) throw new DomainError('overloaded', 'Too many lookups at once.');
    this.#lookups++;
    try {
      const certificate = await this.parts.certificates.findOf(authority, canonical, this.#call());
      if (certificate === undefined) return { kind: 'unknown' };
      return statusOf(certificate.revoked);
    } finally {
      this.#lookups--;
    }
  }

  /** The same for a certificate that the journal names: one row says it, whenever the certificate ends. */
  async ofNamed(customerId: string, name: Pick<CertificateName, 'caId' | 'serial'>): Promise<OcspStatus> {
    return statusOf(await this.parts.certificates.revokedState(customerId, name));
  }

  #call(): CallContext {
    return { deadline: this.parts.clock.now() + lookupMs, metadata: new Map(), requestId: 'ocsp' };
  }
}

function statusOf(revoked: RevokedState | undefined): OcspStatus {
  if (!revoked) return { kind: 'good' };
  const reason = isCrlReason(revoked.reason) ? revoked.reason : 0;
  return { kind: 'revoked', revokedAt: revoked.revokedAt, reason };
}
