import { createCsr, pemEncode } from '#libs/x509';

/** A new P-256 key and a request for it, both in PEM, as a user's openssl would make them. */
export function demoCsr(dnsName: string): { csrPem: string; keyPem: string } {
  const { csrDer, privateKeyDer } = createCsr({ commonName: dnsName, dnsNames: [dnsName] });
  return {
    csrPem: pemEncode('CERTIFICATE REQUEST', csrDer),
    keyPem: pemEncode('PRIVATE KEY', privateKeyDer),
  };
}
