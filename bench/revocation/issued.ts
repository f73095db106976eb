import { type Certificate, certIdDer, createOcspRequest, parseCertificate, pemDecodeAll } from '#libs/x509';
import { csrPool, mintBodies } from '../lib/csr-pool.js';
import type { MintingProduct } from '../lib/minting-product.js';

/** Certificates of one customer. */
export interface Issued {
  readonly issuer: Certificate;
  /** Hexadecimal. */
  readonly serials: readonly string[];
}

/** Mints by the hundred. */
export async function mint({ url, headers }: MintingProduct, count: number): Promise<Issued> {
  const serials: string[] = [];
  let chain = '';
  const [body] = mintBodies(csrPool(100), 100);
  while (serials.length < count) {
    const response = await fetch(url, { method: 'POST', headers, body: body ?? '' });
    if (!response.ok) throw new Error(`mint answered ${response.status}: ${await response.text()}`);
    const answer = (await response.json()) as { certs: { serial: string }[]; chain: string };
    serials.push(...answer.certs.map(({ serial }) => serial));
    chain = answer.chain;
  }
  const issuer = parseCertificate(pemDecodeAll(chain, 'CERTIFICATE')[0] ?? new Uint8Array());
  return { issuer, serials: serials.slice(0, count) };
}

/** Asks about one certificate, in DER. */
export function ocspRequest(issuer: Certificate, serial: string): Buffer {
  return createOcspRequest([certIdDer(issuer, Buffer.from(serial, 'hex'))]);
}

/** Where the revocation service itself serves. */
export function statusOrigin({ product }: MintingProduct): string {
  const origin = /CRL and OCSP +(\S+)\/pki,/.exec(product.printed)?.[1];
  if (origin === undefined) throw new Error(`no status listener in:\n${product.printed}`);
  return origin;
}

/** An OCSP answer as it came. */
export interface StatusAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Asks about each once, so that its answer is signed. @returns the last answer */
export async function askAll(url: string, requests: readonly Buffer[]): Promise<StatusAnswer> {
  let last: StatusAnswer = { headers: {}, body: Buffer.alloc(0) };
  for (const body of requests) {
    const response = await fetch(url, { method: 'POST', body });
    const headers = Object.fromEntries(response.headers);
    if (headers.etag === undefined)
      throw new Error('an answer may not be kept: the certificate is not known');
    for (const own of ['connection', 'keep-alive', 'date', 'content-length']) delete headers[own];
    last = { headers, body: Buffer.from(await response.arrayBuffer()) };
  }
  return last;
}
