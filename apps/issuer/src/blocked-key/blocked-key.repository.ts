import type { Pool } from 'pg';
import { byteaArray, mapDatabaseError } from '#libs/database';

/** Stored keys that were written while another was read may become visible after it, in seconds. */
const overlapSeconds = 60;

/** Keys that are never certified again. */
export class BlockedKeyRepository {
  constructor(private readonly pool: Pool) {}

  /** @param spkis SubjectPublicKeyInfo in DER; those that are there already stay */
  async add(spkis: readonly Uint8Array[]): Promise<void> {
    try {
      await this.pool.query(
        'INSERT INTO issuer.blocked_key (spki) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING',
        [byteaArray(spkis)],
      );
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** What was added since a time that an earlier answer gave; everything without one. */
  async since(time: Date | undefined): Promise<{ spkis: Buffer[]; upTo: Date | undefined }> {
    try {
      const { rows } = await this.pool.query<{ spki: Buffer; blocked_at: Date }>(
        `SELECT spki, blocked_at FROM issuer.blocked_key
          WHERE $1::timestamptz IS NULL OR blocked_at > $1::timestamptz - interval '${overlapSeconds} s'
          ORDER BY blocked_at`,
        [time ?? null],
      );
      return { spkis: rows.map(({ spki }) => spki), upTo: rows.at(-1)?.blocked_at ?? time };
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}
