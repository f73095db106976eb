import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Certificate,
  certIdDer,
  createOcspRequest,
  forEachCrlEntry,
  parseCrl,
  parseOcspResponse,
} from '#libs/x509';

export interface WitnessedCrl {
  readonly der: Buffer;
  readonly number: bigint;
}

/** A relying party of one replica: asks it by OCSP, and sees every CRL that it publishes. */
export class RevocationWitness {
  readonly faults: string[] = [];
  #last: (WitnessedCrl & { readonly etag: string }) | undefined;
  #seen = 0;

  /**
   * @param pkiUrl gives the CA's base URL at the replica, as it is now
   * @param published SHA-256 of every CRL by its number, as any replica gave it
   */
  constructor(
    private readonly pkiUrl: () => string,
    private readonly issuer: Certificate,
    private readonly published: Map<bigint, string>,
  ) {}

  /** CRLs that were seen. */
  get crls(): number {
    return this.#seen;
  }

  /** What the responder says, or undefined where nobody answers; `tryLater` is an answer too. */
  async ocsp(serial: string): Promise<string | undefined> {
    return (await this.ocspOf([serial]))?.[0];
  }

  /** The same of up to 32 in one request. */
  async ocspOf(serials: readonly string[]): Promise<readonly string[] | undefined> {
    const names = serials.map((serial) => certIdDer(this.issuer, Buffer.from(serial, 'hex')));
    const body = createOcspRequest(names);
    const headers = { 'content-type': 'application/ocsp-request' };
    try {
      const init = { method: 'POST', headers, body: new Uint8Array(body) };
      const response = await fetch(`${this.pkiUrl()}/ocsp`, init);
      if (response.status !== 200) return undefined;
      return statusesOf(Buffer.from(await response.arrayBuffer()));
    } catch {
      return undefined;
    }
  }

  /** The CRL as it is published now; undefined where nobody answers. */
  async crl(): Promise<WitnessedCrl | undefined> {
    try {
      const etag = this.#last?.etag;
      const headers = etag === undefined ? {} : { 'if-none-match': etag };
      const response = await fetch(`${this.pkiUrl()}/intermediate.crl`, { headers });
      if (response.status === 304) return this.#last;
      if (response.status !== 200) return undefined;
      return this.#take(Buffer.from(await response.arrayBuffer()), response.headers.get('etag') ?? '');
    } catch {
      return undefined;
    }
  }

  /** Looks ten times a second while the condition holds. */
  async watchWhile(condition: () => boolean): Promise<void> {
    for (; condition(); await sleep(100)) await this.crl();
  }

  #take(der: Buffer, etag: string): WitnessedCrl {
    const number = parseCrl(der).number ?? 0n;
    const last = this.#last;
    if (last?.der.equals(der)) return last;
    if (last && number <= last.number) this.faults.push(`CRL ${number} after ${last.number}`);
    // Together they would be as large as the square of their number.
    const hash = createHash('sha256').update(der).digest('hex');
    if ((this.published.get(number) ?? hash) !== hash) this.faults.push(`CRL ${number} is two`);
    this.published.set(number, hash);
    this.#last = { der, number, etag };
    this.#seen += 1;
    return this.#last;
  }
}

/** Serial numbers that a CRL lists, in hexadecimal without a leading zero octet. */
export function serialsOf({ der }: WitnessedCrl): ReadonlySet<string> {
  const listed = new Set<string>();
  const { entries } = parseCrl(der).fields;
  if (!entries) return listed;
  const octets = Buffer.from(entries.reader().bytes);
  forEachCrlEntry(entries, ({ serialStart, serialStop }) =>
    listed.add(octets.toString('hex', serialStart, serialStop).replace(/^00/, '')),
  );
  return listed;
}

function statusesOf(der: Buffer): readonly string[] {
  const response = parseOcspResponse(der);
  return response.kind === 'successful'
    ? response.data.responses.map(({ status }) => status)
    : [response.kind];
}
