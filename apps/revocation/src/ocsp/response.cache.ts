import type { OcspAnswer } from './ocsp-answer.js';

/** What is remembered of one request. */
export interface CachedResponse {
  /** The request, as latin1 after its customer's handle: its key. */
  readonly key: string;
  /** Undefined until it is signed, and from a revocation until it is signed again. */
  answer: OcspAnswer | undefined;
  /** Grows with every revocation of the certificate: what was read before it is out of date. */
  version: number;
  /** Asked for since it was signed last. */
  wanted: boolean;
  /** False once it made room: it does not hear of revocations any more. */
  isKept: boolean;
  /** The certificate: its CA and its serial number. */
  readonly certificate: string;
  /** UUID. */
  readonly customerId: string;
}

/**
 * Pre-signed responses, by the octets of their requests. Bounded: what was not asked for lately makes room.
 */
export class ResponseCache {
  readonly #byRequest = new Map<string, CachedResponse>();
  readonly #byCertificate = new Map<string, CachedResponse[]>();

  /** @param most responses; about 1.5 kB each */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#byRequest.size;
  }

  get(key: string): CachedResponse | undefined {
    return this.#byRequest.get(key);
  }

  /** The place of a request's response, made where it is not there yet. */
  place(key: string, of: Pick<CachedResponse, 'certificate' | 'customerId'>): CachedResponse {
    const known = this.#byRequest.get(key);
    if (known) return known;
    const made: CachedResponse = { key, ...of, answer: undefined, version: 0, wanted: true, isKept: true };
    const { certificate } = of;
    this.#byRequest.set(key, made);
    const others = this.#byCertificate.get(certificate);
    if (others) others.push(made);
    else this.#byCertificate.set(certificate, [made]);
    this.#makeRoom();
    return made;
  }

  /** A certificate changed: none of its responses is given out any more. @returns those that were */
  invalidate(certificate: string): readonly CachedResponse[] {
    const found = this.#byCertificate.get(certificate) ?? [];
    for (const each of found) {
      each.version++;
      each.answer = undefined;
    }
    return found;
  }

  *entries(): Iterable<CachedResponse> {
    yield* this.#byRequest.values();
  }

  remove(entry: CachedResponse): void {
    if (!this.#byRequest.delete(entry.key)) return;
    entry.isKept = false;
    const others = (this.#byCertificate.get(entry.certificate) ?? []).filter((each) => each !== entry);
    if (others.length > 0) this.#byCertificate.set(entry.certificate, others);
    else this.#byCertificate.delete(entry.certificate);
  }

  /** The oldest goes, unless it was asked for since its last turn: then it goes to the end. */
  #makeRoom(): void {
    for (const entry of this.#byRequest.values()) {
      if (this.#byRequest.size <= this.most) return;
      if (entry.wanted) {
        entry.wanted = false;
        this.#byRequest.delete(entry.key);
        this.#byRequest.set(entry.key, entry);
      } else {
        this.remove(entry);
      }
    }
  }
}
