import pg, { type Pool } from 'pg';
import { byteaArray, byteaArrayOfBlocks, int4Array, timestamptzArray, uuidArray } from '#libs/database';
import type { LedgerEntry } from './mint.ledger.js';

/** A customer's limits as one request found and left them; an undefined limit is unlimited. */
export interface LimitState {
  readonly minuteLimit: number | undefined;
  /** Certificates in the last 60 seconds, with this request's when it was minted. */
  readonly minuteUsed: number;
  /** Seconds until the last 60 seconds are empty, if nothing comes. */
  readonly resetSeconds: number;
  readonly monthLimit: number | undefined;
  readonly monthUsed: number;
}

/** What became of one request. */
export type LedgerVerdict =
  | { readonly outcome: 'minted'; readonly batchNumber: number | undefined; readonly limits: LimitState }
  | { readonly outcome: 'replayed'; readonly limits: LimitState }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'rate_limited'; readonly retrySeconds: number; readonly limits: LimitState }
  | { readonly outcome: 'quota_exceeded'; readonly limits: LimitState }
  /** The limits' month is then the limit that never resets. */
  | { readonly outcome: 'lifetime_exceeded' | 'ttl_exceeded'; readonly limits: LimitState }
  | { readonly outcome: 'no_entitlement' };

/** Columns of `issuer.record_mints`, in this order. */
type Row = [
  outcome: LedgerVerdict['outcome'],
  batchNumber: number | null,
  minuteLimit: number | null,
  minuteUsed: number | null,
  resetSeconds: number | null,
  retrySeconds: number | null,
  monthLimit: number | null,
  monthUsed: number | null,
];

const text = `SELECT outcome, batch_number, minute_limit, minute_used, reset_seconds, retry_seconds,
  month_limit, month_used FROM issuer.record_mints($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`;

/** All numbers here stay below 2^53: limits are at most 10^9, counters count certificates. */
const numbers = {
  getTypeParser: (type: number): ((value: string) => unknown) =>
    type === pg.types.builtins.TEXT ? (value) => value : Number,
};

/**
 * One group in one statement: committed when this resolves.
 *
 * @param now epoch milliseconds
 * @param group sorted by customer
 */
export async function recordMints(
  pool: Pool,
  now: number,
  group: readonly LedgerEntry[],
): Promise<LedgerVerdict[]> {
  const { rows } = await pool.query<Row>({
    name: 'record_mints',
    text,
    values: parameters(now, group),
    rowMode: 'array',
    types: numbers as pg.CustomTypesConfig,
  });
  return rows.map(verdict);
}

function parameters(now: number, group: readonly LedgerEntry[]): unknown[] {
  const requests: number[] = [];
  group.forEach((entry, index) => {
    for (let each = 0; each < entry.count; each++) requests.push(index + 1);
  });
  return [
    new Date(now).toISOString(),
    uuidArray(group.map((entry) => entry.customerUuid)),
    uuidArray(group.map((entry) => entry.caUuid)),
    int4Array(group.map((entry) => entry.count)),
    timestamptzArray(group.map((entry) => entry.notBefore)),
    timestamptzArray(group.map((entry) => entry.notAfter)),
    byteaArray(group.map((entry) => entry.idempotency?.key)),
    byteaArray(group.map((entry) => entry.idempotency?.body)),
    byteaArray(group.map((entry) => entry.issued)),
    int4Array(requests),
    byteaArrayOfBlocks(
      requests.length,
      group.map((entry) => entry.block.serials),
    ),
    byteaArrayOfBlocks(
      requests.length,
      group.map((entry) => entry.block.fingerprints),
    ),
    byteaArrayOfBlocks(
      requests.length,
      group.map((entry) => entry.block.ders),
    ),
  ];
}

function verdict(row: Row): LedgerVerdict {
  const [outcome, batchNumber, minuteLimit, minuteUsed, resetSeconds, retrySeconds, monthLimit, monthUsed] =
    row;
  const limits: LimitState = {
    minuteLimit: minuteLimit ?? undefined,
    minuteUsed: minuteUsed ?? 0,
    resetSeconds: resetSeconds ?? 0,
    monthLimit: monthLimit ?? undefined,
    monthUsed: monthUsed ?? 0,
  };
  switch (outcome) {
    case 'minted':
      return { outcome, batchNumber: batchNumber ?? undefined, limits };
    case 'replayed':
    case 'quota_exceeded':
    case 'lifetime_exceeded':
    case 'ttl_exceeded':
      return { outcome, limits };
    case 'rate_limited':
      return { outcome, retrySeconds: retrySeconds ?? 1, limits };
    case 'key_reused':
    case 'no_entitlement':
      return { outcome };
  }
}
