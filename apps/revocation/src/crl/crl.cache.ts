import { parseCrl, sha256Hex } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import type { CrlRepository, CrlRow, StoredCrl } from './crl.repository.js';
import type { CrlName } from './crl-file.js';

/** A CRL as it is served. Times are Unix milliseconds. */
export interface ServedCrl {
  readonly der: Buffer;
  readonly etag: string;
  readonly number: bigint;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

/** Octets of all CRLs that are kept in memory; others are read again when they are asked for. */
const mostOctets = 256 * 1024 * 1024;

/** The octets of CRLs, in memory: they are served also while PostgreSQL is down. */
export class CrlCache {
  readonly #crls = new Map<string, ServedCrl>();
  readonly #newest = new Map<string, bigint>();
  readonly #loading = new Map<string, Promise<ServedCrl | undefined>>();
  #octets = 0;

  constructor(private readonly repository: Pick<CrlRepository, 'load'>) {}

  /** What memory has, if it is the newest that was heard of. */
  current(caId: string, name: CrlName): ServedCrl | undefined {
    const key = keyOf(caId, name);
    const crl = this.#crls.get(key);
    return crl && crl.number >= (this.#newest.get(key) ?? 0n) ? crl : undefined;
  }

  /**
   * The newest CRL; what memory has when PostgreSQL cannot be asked.
   *
   * @returns undefined when none was ever made
   * @throws DomainError storage_unavailable when memory has none either
   */
  async get(authority: KnownAuthority, name: CrlName): Promise<ServedCrl | undefined> {
    const { caId } = authority;
    const current = this.current(caId, name);
    if (current) return current;
    const key = keyOf(caId, name);
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = this.#load(authority, name).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    try {
      return await loading;
    } catch (error) {
      const older = this.#crls.get(key);
      if (older) return older;
      throw error;
    }
  }

  put(crl: StoredCrl): ServedCrl {
    const key = keyOf(crl.caId, crl);
    const known = this.#crls.get(key);
    this.note(crl);
    if (known && known.number >= crl.number) return known;
    const { der, number, thisUpdate, nextUpdate } = crl;
    // A signature stands for all that it covers, and is a million times shorter than a large CRL.
    const etag = `"${sha256Hex(parseCrl(der).signature).slice(0, 32)}"`;
    const served = { der, etag, number, thisUpdate, nextUpdate };
    this.#octets += der.length - (known?.der.length ?? 0);
    this.#crls.delete(key);
    this.#crls.set(key, served);
    for (const [oldest, { der: old }] of this.#crls) {
      if (this.#octets <= mostOctets || oldest === key) break;
      this.#crls.delete(oldest);
      this.#octets -= old.length;
    }
    return served;
  }

  /** A CRL of this number was published somewhere. @returns whether memory is behind it */
  note(crl: Pick<CrlRow, 'caId' | 'shard' | 'delta' | 'number'>): boolean {
    const key = keyOf(crl.caId, crl);
    if (crl.number > (this.#newest.get(key) ?? 0n)) this.#newest.set(key, crl.number);
    return (this.#crls.get(key)?.number ?? 0n) < crl.number;
  }

  async #load(authority: KnownAuthority, name: CrlName): Promise<ServedCrl | undefined> {
    const stored = await this.repository.load(authority, name);
    return stored && this.put(stored);
  }
}

function keyOf(caId: string, { shard, delta }: CrlName): string {
  return `${caId}/${shard}${delta ? '/delta' : ''}`;
}
