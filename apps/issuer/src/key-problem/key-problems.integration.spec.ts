import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createPool } from '#libs/database';
import { signerFailure } from '#libs/kms';
import { createLogger } from '#libs/observability';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { issuerMigrations } from '../issuer.module.js';
import { KeyProblemRepository } from './key-problem.repository.js';
import { KeyProblems } from './key-problems.js';

describe('what is wrong with the keys of customers', () => {
  const clock = new FixedClock('2026-03-10T12:00:00Z');
  const logger = createLogger('issuer', 'silent');
  let database: TestDatabase;
  let pool: Pool;
  let repository: KeyProblemRepository;
  const replica = () => new KeyProblems({ repository, logger, clock });

  beforeAll(async () => {
    database = await testDatabase([issuerMigrations]);
    pool = createPool({ ...database.settings('issuer'), poolSize: 2 }, { service: 'issuer' });
    repository = new KeyProblemRepository(pool);
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const customer = () => ({ customerId: randomUUID(), keyRef: 'aws:arn:aws:kms:eu-west-1:1:key/1' });
  const denied = signerFailure('permission_denied', 'AWS KMS: not authorized');

  it('is kept from the first failure to the next signature', async () => {
    const acme = customer();
    const other = customer();
    const problems = replica();
    const since = clock.now();
    problems.failed(acme, denied);
    clock.advance(60_000);
    problems.failed(acme, signerFailure('key_disabled', 'AWS KMS: disabled'));
    problems.failed(other, denied);
    await problems.settle();
    expect(await repository.find(acme.customerId)).toEqual({
      ...{ keyRef: acme.keyRef, reason: 'key_disabled', message: 'AWS KMS: disabled' },
      ...{ since, lastAt: clock.now() },
    });
    clock.advance(1_000);
    problems.signed(acme);
    await problems.settle();
    expect(await repository.find(acme.customerId)).toBeUndefined();
    expect(await repository.find(other.customerId)).toMatchObject({ reason: 'permission_denied' });
  });

  it('is cleared by a signature of another replica, unless it is newer', async () => {
    const acme = customer();
    const [one, two] = [replica(), replica()];
    one.failed(acme, denied);
    await one.settle();
    clock.advance(1_000);
    two.signed(acme);
    clock.advance(60_000);
    one.failed(acme, denied);
    await one.settle();
    await two.settle();
    expect(await repository.find(acme.customerId)).toMatchObject({ reason: 'permission_denied' });
    clock.advance(1_000);
    two.signed(acme);
    await two.settle();
    expect(await repository.find(acme.customerId)).toBeUndefined();
  });

  it('is written once in ten seconds, and again at once after a signature', async () => {
    const acme = customer();
    const problems = replica();
    const first = clock.now();
    problems.failed(acme, denied);
    clock.advance(5_000);
    problems.failed(acme, denied);
    await problems.settle();
    expect(await repository.find(acme.customerId)).toMatchObject({ lastAt: first });
    problems.signed(acme);
    problems.failed(acme, denied);
    await problems.settle();
    expect(await repository.find(acme.customerId)).toMatchObject({ since: clock.now(), lastAt: clock.now() });
  });
});
