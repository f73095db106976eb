import { type CsrWish, createCsr } from '#libs/x509';

/** A new request with a new P-256 key, for `app-1.acme.internal` where nothing else is said. */
export function testCsr(wish: CsrWish = {}): Uint8Array {
  return createCsr({ dnsNames: ['app-1.acme.internal'], ...wish }).csrDer;
}
