import type { Pool } from 'pg';
import { createPool } from '#libs/database';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { revocationMigrations } from '../revocation.module.js';
import { TestCa } from './test-ca.js';

/** When tests of CRL and OCSP begin, in Unix milliseconds. */
export const fixtureStart = Date.UTC(2026, 10, 1, 12);

/** A database of the revocation service, a clock that stands still, and CAs that go at the end. */
export class CaFixture {
  clock = new FixedClock(fixtureStart);
  private readonly cas: TestCa[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly pool: Pool,
  ) {}

  static async start(): Promise<CaFixture> {
    const database = await testDatabase([revocationMigrations]);
    return new CaFixture(database, createPool(database.settings('revocation'), { service: 'revocation' }));
  }

  /** Sets the clock back to the start. */
  rewind(): void {
    this.clock = new FixedClock(fixtureStart);
  }

  async ca(shards = 1): Promise<TestCa> {
    const made = await TestCa.create(fixtureStart, shards);
    this.cas.push(made);
    return made;
  }

  async stop(): Promise<void> {
    for (const each of this.cas) each.dispose();
    await this.pool.end();
    await this.database.drop();
  }
}
