import { randomUUID } from 'node:crypto';
import pg, { type Pool } from 'pg';
import { createPool } from '#libs/database';
import type { Clock } from '#libs/service';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { issuerMigrations } from '../issuer.module.js';
import { Ledger, type LedgerOptions } from '../mint/mint.ledger.js';

/** A migrated database, and ledgers on it as the service's role. */
export class LedgerHarness {
  private readonly pools: Pool[] = [];

  private constructor(
    readonly database: TestDatabase,
    private readonly clock: Clock,
  ) {}

  static async start(clock: Clock): Promise<LedgerHarness> {
    const database = await testDatabase([issuerMigrations]);
    await database.query('SELECT issuer.ensure_partitions($1, 6)', [new Date(clock.now())]);
    return new LedgerHarness(database, clock);
  }

  /** A replica's ledger. */
  ledger(options: Partial<LedgerOptions> = {}, url = this.database.url('issuer')): Ledger {
    const pool = createPool({ ...this.database.settings('issuer'), url, poolSize: 2 }, { service: 'issuer' });
    this.pools.push(pool);
    return new Ledger({ pool, clock: this.clock, slots: 2, groupSize: 100, capacity: 10_000, ...options });
  }

  /** A customer's id, with limits; unlimited where none is given. */
  async customer(perMinute?: number, perMonth?: number): Promise<string> {
    const id = randomUUID();
    const limits = [id, perMinute ?? null, perMonth ?? null];
    await this.database.query('SELECT issuer.apply_entitlement($1, $2, $3, 1)', limits);
    return id;
  }

  async stored(customerId: string): Promise<number> {
    const sql = 'SELECT count(*)::int AS n FROM issuer.certificate WHERE customer_id = $1';
    const [row] = await this.database.query<{ n: number }>(sql, [customerId]);
    return row?.n ?? -1;
  }

  /** Locks a customer's counters, as another replica's group does. */
  async hold(customerId: string): Promise<{ release(): Promise<void> }> {
    const client = new pg.Client({ connectionString: this.database.ownerUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM issuer.quota WHERE customer_id = $1 FOR UPDATE', [customerId]);
    return { release: () => client.end() };
  }

  /** Ends the server's side of every connection that runs a statement with these words, once there is one. */
  async endBackends(words: string): Promise<void> {
    await this.until(async () => {
      const rows = await this.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()
           AND wait_event_type = 'Lock' AND query LIKE $1`,
        [`%${words}%`],
      );
      return rows.length > 0;
    });
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 5_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('The condition did not come true within 5 s.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
    await this.database.drop();
  }
}
