import type { Pool, PoolClient } from 'pg';
import { withEveryCustomer } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { AuthorityDirectory } from '../authority/authority.directory.js';
import type { CrlBuilder } from './crl.builder.js';
import { crlFile } from './crl-file.js';

export interface CrlStatusParts {
  readonly pool: Pool;
  readonly authorities: AuthorityDirectory;
  readonly builder: Pick<CrlBuilder, 'build'>;
  readonly clock: Clock;
}

interface StatusRow {
  readonly ca_id: string;
  readonly customer_id: string;
  readonly shard: number;
  readonly delta: boolean;
  readonly number: string;
  readonly this_update: Date;
  readonly next_update: Date;
  readonly generated_at: Date;
  readonly duration_ms: number;
  readonly revoked_count: string;
  readonly size: number;
  readonly events:
    | readonly { at: string; number: string | null; cause: string; problem: string | null }[]
    | null;
}

const defaultPage = 100;
const mostPage = 500;

const pageSql = `
  SELECT c.ca_id, c.customer_id, c.shard, c.delta, c.number, c.this_update, c.next_update, c.generated_at,
    c.duration_ms, c.revoked_count, octet_length(c.der) AS size,
    (SELECT json_agg(json_build_object('at', e.at, 'number', e.number::text, 'cause', e.cause, 'problem', e.problem))
     FROM (SELECT * FROM revocation.crl_event e
           WHERE e.ca_id = c.ca_id AND e.shard = c.shard AND e.delta = c.delta ORDER BY id DESC LIMIT 5) e) AS events
  FROM revocation.crl c
  WHERE ($1::uuid IS NULL OR c.customer_id = $1) AND ($2::uuid IS NULL OR (c.ca_id, c.shard, c.delta) > ($2, $3, $4))
  ORDER BY c.ca_id, c.shard, c.delta LIMIT $5`;

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const token = /^([0-9a-f-]{36})\.(\d{1,4})\.([01])$/;

/** What operators see of the CRLs, and what they may ask for. */
export class CrlStatusService {
  constructor(private readonly parts: CrlStatusParts) {}

  /** @throws DomainError bad_request, storage_unavailable */
  async list(wish: { customerId: string; pageSize: number; pageToken: string }) {
    const size = wish.pageSize === 0 ? defaultPage : wish.pageSize;
    if (size < 1 || size > mostPage)
      throw new DomainError('bad_request', `A page has 1 to ${mostPage} CRLs.`);
    if (wish.customerId !== '' && !uuid.test(wish.customerId)) {
      throw new DomainError('bad_request', 'customer_id must be a UUID in lower case.');
    }
    const after = wish.pageToken === '' ? undefined : token.exec(wish.pageToken);
    if (after === null) throw new DomainError('bad_request', 'page_token is none that was given out.');
    const rows = await withEveryCustomer(this.parts.pool, (client) =>
      page(client, [
        wish.customerId || null,
        after?.[1] ?? null,
        Number(after?.[2] ?? 0),
        after?.[3] === '1',
        size + 1,
      ]),
    );
    const shown = rows.slice(0, size);
    const last = rows.length > size ? shown.at(-1) : undefined;
    const nextPageToken = last ? `${last.ca_id}.${last.shard}.${last.delta ? 1 : 0}` : '';
    return { crls: shown.map((row) => this.#message(row)), nextPageToken };
  }

  /**
   * Makes every CRL of a customer now.
   *
   * @throws DomainError customer_not_found, signer_unavailable, storage_unavailable
   */
  async regenerate(customerId: string) {
    const { authorities, builder } = this.parts;
    const own = [...authorities.all].filter((authority) => authority.customerId === customerId);
    if (own.length === 0) throw new DomainError('customer_not_found', 'This customer has no CA here.');
    for (const authority of own) {
      for (let shard = 0; shard < authority.shards; shard++) {
        await builder.build({ authority, shard, cause: 'requested' });
      }
    }
    return this.list({ customerId, pageSize: mostPage, pageToken: '' });
  }

  #message(row: StatusRow) {
    const authority = this.parts.authorities.byId(row.ca_id);
    return {
      customerId: row.customer_id,
      handle: authority?.handle ?? '',
      caId: row.ca_id,
      file: authority ? crlFile(authority, row) : '',
      number: row.number,
      thisUpdate: seconds(row.this_update),
      nextUpdate: seconds(row.next_update),
      generatedAt: seconds(row.generated_at),
      durationMs: BigInt(row.duration_ms),
      revokedCount: BigInt(row.revoked_count),
      size: BigInt(row.size),
      stale: row.next_update.getTime() <= this.parts.clock.now(),
      events: (row.events ?? []).map(({ at, number, cause, problem }) => ({
        ...{ at: seconds(new Date(at)), number: number ?? '', cause, problem: problem ?? '' },
      })),
    };
  }
}

async function page(client: PoolClient, values: unknown[]): Promise<StatusRow[]> {
  return (await client.query<StatusRow>(pageSql, values)).rows;
}

function seconds(at: Date): bigint {
  return BigInt(Math.floor(at.getTime() / 1000));
}
