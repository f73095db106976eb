import type { IssuedCertificate } from '#libs/contracts';
import type { CertificateOctets } from '../mint/certificate-block.js';

/**
 * The message of one certificate. Written out instead of `create(IssuedCertificateSchema, …)`, which is the
 * larger part of a batch's cost on the main thread.
 *
 * @param notBefore Unix seconds
 * @param notAfter Unix seconds
 */
export function issuedCertificate(
  { der, serial, fingerprint }: CertificateOctets,
  notBefore: bigint,
  notAfter: bigint,
): IssuedCertificate {
  return {
    $typeName: 'stackrunner.issuer.v1.IssuedCertificate',
    der,
    serial,
    fingerprint,
    notBefore,
    notAfter,
  };
}
