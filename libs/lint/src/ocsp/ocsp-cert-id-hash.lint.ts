import type { OcspLint } from './ocsp-lint.js';

/** Hashes of a CertID are as long as their algorithm makes them. */
export const ocspCertIdHashLint: OcspLint = {
  name: 'ocsp-cert-id-hash',
  citation: 'RFC 6960 §4.1.1',
  check: ({ responses }) =>
    responses.some(({ certId: { hash, issuerNameHash, issuerKeyHash } }) => {
      const octets = hash === 'sha1' ? 20 : 32;
      return hash !== undefined && (issuerNameHash.length !== octets || issuerKeyHash.length !== octets);
    })
      ? 'a hash of a CertID has the wrong length'
      : undefined,
};
