import type { Clock } from '#libs/service';
import type { AuthorityDirectory } from '../authority/authority.directory.js';
import type { CrlBuilder } from './crl.builder.js';
import type { CrlCache, ServedCrl } from './crl.cache.js';
import { findCrl } from './crl-file.js';

export interface CrlServiceParts {
  readonly authorities: Pick<AuthorityDirectory, 'known' | 'ofHandle'>;
  readonly cache: CrlCache;
  readonly builder: Pick<CrlBuilder, 'build'>;
  readonly clock: Clock;
}

/** Gives relying parties the CRL that a URL names. */
export class CrlService {
  constructor(private readonly parts: CrlServiceParts) {}

  /** What memory has at once. */
  current(handle: string, file: string): ServedCrl | undefined {
    const found = findCrl(file, this.parts.authorities.known(handle));
    return found && this.parts.cache.current(found.authority.caId, found.name);
  }

  /**
   * @returns undefined when no CA of this product names such a CRL
   * @throws DomainError when it is not in memory and cannot be had now
   */
  async get(handle: string, file: string): Promise<ServedCrl | undefined> {
    const { authorities, cache, builder } = this.parts;
    const found = findCrl(file, await authorities.ofHandle(handle));
    if (!found) return undefined;
    const { authority, name } = found;
    const known = await cache.get(authority, name);
    if (known) return known;
    // Asked for before the scheduler came to it: the first of a new CA.
    await builder.build({ authority, shard: name.shard, cause: 'first' });
    return cache.get(authority, name);
  }
}
