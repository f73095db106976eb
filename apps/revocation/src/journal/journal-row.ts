import type { JournalEntry } from './journal-entry.js';

/** Times as Unix milliseconds, which is how exact the journal is. */
export const journalColumns = `
  customer_id, sequence, ca_id, serial, reason,
  (extract(epoch FROM recorded_at) * 1000)::float8 AS recorded_at,
  (extract(epoch FROM invalidity_date) * 1000)::float8 AS invalidity_date,
  (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at,
  actor_kind, actor_id, job_id, hash`;

export interface JournalRow {
  readonly customer_id: string;
  readonly sequence: string;
  readonly ca_id: string;
  readonly serial: Buffer;
  readonly reason: number;
  readonly recorded_at: number;
  readonly invalidity_date: number | null;
  readonly expires_at: number;
  readonly actor_kind: number;
  readonly actor_id: string;
  readonly job_id: string | null;
  readonly hash: Buffer;
}

export function journalEntry(row: JournalRow): JournalEntry {
  return {
    customerId: row.customer_id,
    sequence: Number(row.sequence),
    caId: row.ca_id,
    serial: row.serial,
    reason: row.reason,
    recordedAt: row.recorded_at,
    invalidityDate: row.invalidity_date ?? undefined,
    expiresAt: row.expires_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    jobId: row.job_id ?? undefined,
    hash: row.hash,
  };
}
