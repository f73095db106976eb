import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Pool } from 'pg';
import {
  BulkRevocationStartedSchema,
  type StartBulkRevocationRequest,
  StartBulkRevocationRequestSchema,
} from '#libs/contracts';
import { withEveryCustomer, withTenant } from '#libs/database';
import { events } from '#libs/rpc';
import { bulkMessage } from './bulk.message.js';
import type { BulkFailure, BulkJob, BulkProgress } from './bulk-job.js';

interface JobRow {
  readonly id: string;
  readonly customer_id: string;
  readonly demand: Buffer;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly is_running: boolean;
  readonly cursor_day: string;
  readonly cursor_serial: Buffer;
  readonly matched: string;
  readonly revoked: string;
  readonly unchanged: string;
  readonly failed: string;
  readonly failures: BulkFailure[];
}

const columns = `id, customer_id, demand, created_at, finished_at, leased_until > clock_timestamp() AS is_running,
  cursor_day::text, cursor_serial, matched, revoked, unchanged, failed, failures`;
/** How long a replica that says nothing keeps a job. */
const lease = "clock_timestamp() + interval '30 s'";

/** Bulk revocations as they are stored. */
export class BulkJobRepository {
  constructor(private readonly pool: Pool) {}

  /** Stores a job, and the one event that tells of it, in one transaction. */
  add(demand: StartBulkRevocationRequest, now: Date): Promise<BulkJob> {
    const octets = Buffer.from(toBinary(StartBulkRevocationRequestSchema, demand));
    return withTenant(this.pool, demand.customerId, async (client) => {
      const { rows } = await client.query<JobRow>(
        `INSERT INTO revocation.bulk_job (customer_id, demand, created_at) VALUES ($1, $2, $3) RETURNING ${columns}`,
        [demand.customerId, octets, now],
      );
      const job = first(rows);
      if (!job) throw new Error('The job was not stored.');
      const event = create(BulkRevocationStartedSchema, { job: bulkMessage(job) });
      await client.query('INSERT INTO revocation.outbox (type, payload) VALUES ($1, $2)', [
        events.bulkRevocationStarted.type,
        Buffer.from(toBinary(BulkRevocationStartedSchema, event)),
      ]);
      return job;
    });
  }

  find(customerId: string, id: string): Promise<BulkJob | undefined> {
    return withTenant(this.pool, customerId, async (client) => {
      const sql = `SELECT ${columns} FROM revocation.bulk_job WHERE id = $1`;
      return first((await client.query<JobRow>(sql, [id])).rows);
    });
  }

  /** The oldest job that nobody works on; from now on it is the caller's for 30 seconds. */
  claim(): Promise<BulkJob | undefined> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<JobRow>(
        `UPDATE revocation.bulk_job SET leased_until = ${lease} WHERE id = (
           SELECT id FROM revocation.bulk_job WHERE finished_at IS NULL AND leased_until < clock_timestamp()
           ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ${columns}`,
      );
      return first(rows);
    });
  }

  /** Stores how far a job is, and keeps it for 30 seconds more. @param end when it has ended */
  async save({ customerId, id }: BulkJob, progress: BulkProgress, end?: Date): Promise<void> {
    const { cursor, matched, revoked, unchanged, failed, failures } = progress;
    await withTenant(this.pool, customerId, (client) =>
      client.query(
        `UPDATE revocation.bulk_job SET cursor_day = $2, cursor_serial = $3, matched = $4, revoked = $5,
           unchanged = $6, failed = $7, failures = $8, finished_at = $9, leased_until = ${lease} WHERE id = $1`,
        [
          ...[id, cursor.day, Buffer.from(cursor.serial), matched, revoked, unchanged, failed],
          ...[JSON.stringify(failures), end ?? null],
        ],
      ),
    );
  }
}

function first([row]: readonly JobRow[]): BulkJob | undefined {
  return (
    row && {
      id: row.id,
      customerId: row.customer_id,
      demand: fromBinary(StartBulkRevocationRequestSchema, row.demand),
      createdAt: row.created_at,
      finishedAt: row.finished_at ?? undefined,
      isRunning: row.is_running,
      cursor: { day: row.cursor_day, serial: row.cursor_serial },
      matched: Number(row.matched),
      revoked: Number(row.revoked),
      unchanged: Number(row.unchanged),
      failed: Number(row.failed),
      failures: row.failures,
    }
  );
}
