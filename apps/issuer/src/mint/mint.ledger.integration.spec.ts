import { fromBinary } from '@bufbuild/protobuf';
import { IssuedSchema } from '#libs/contracts';
import { FixedClock } from '#libs/testing';
import { ledgerEntry } from '../testing/ledger-entry.js';
import { LedgerHarness } from '../testing/ledger-harness.js';
import type { Ledger } from './mint.ledger.js';
import type { LedgerVerdict } from './record-mints.js';

describe('the ledger', () => {
  const clock = new FixedClock('2026-03-31T23:00:00.250Z');
  let harness: LedgerHarness;
  let one: Ledger;
  let other: Ledger;

  beforeAll(async () => {
    harness = await LedgerHarness.start(clock);
    one = harness.ledger();
    other = harness.ledger();
  });
  afterAll(() => harness.stop());
  beforeEach(() => clock.set('2026-03-31T23:00:00.250Z'));

  const record = (customerId: string, count: number, ledger = one): Promise<LedgerVerdict> =>
    ledger.record(ledgerEntry({ customerId, count }));
  const outcomes = (verdicts: readonly LedgerVerdict[], outcome: LedgerVerdict['outcome']): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;

  it('keeps a limit exactly while two replicas mint at once', async () => {
    const customerId = await harness.customer(100, 100_000);
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, (_, index) => record(customerId, 5, index % 2 ? one : other)),
    );
    expect(outcomes(verdicts, 'minted')).toBe(20);
    expect(outcomes(verdicts, 'rate_limited')).toBe(20);
    expect(await harness.stored(customerId)).toBe(100);
  });

  it('keeps the limit of a month exactly, and starts again with the next', async () => {
    const customerId = await harness.customer(undefined, 33);
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => record(customerId, 2, index % 2 ? one : other)),
    );
    expect(outcomes(verdicts, 'minted')).toBe(16);
    expect(verdicts.find((verdict) => verdict.outcome === 'quota_exceeded')).toMatchObject({
      limits: { monthLimit: 33, monthUsed: 32 },
    });
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'minted', limits: { monthUsed: 33 } });
    clock.set('2026-04-01T00:00:00Z');
    expect(await record(customerId, 33)).toMatchObject({ outcome: 'minted', limits: { monthUsed: 33 } });
    // A replica whose clock is behind does not open the old month again.
    clock.set('2026-03-31T23:59:59Z');
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'quota_exceeded' });
  });

  it('says rate_limited before quota_exceeded', async () => {
    const customerId = await harness.customer(1, 1);
    await record(customerId, 1);
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'rate_limited' });
    clock.advance(60_000);
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'quota_exceeded' });
  });

  it('numbers batches densely and in order, and single certificates not at all', async () => {
    const customerId = await harness.customer(60);
    const verdicts = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        record(customerId, index % 3 === 0 ? 1 : 3, index % 2 ? one : other),
      ),
    );
    const numbers = verdicts.flatMap((verdict) =>
      verdict.outcome === 'minted' && verdict.batchNumber !== undefined ? [verdict.batchNumber] : [],
    );
    const sorted = [...numbers].sort((a, b) => a - b);
    expect(sorted).toEqual(sorted.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(10);
    verdicts.forEach((verdict, index) => {
      if (index % 3 === 0) expect(verdict).not.toHaveProperty('batchNumber', expect.any(Number));
    });
    // In the order in which one replica was asked.
    const mine = verdicts.flatMap((verdict, index) =>
      index % 2 && verdict.outcome === 'minted' && verdict.batchNumber ? [verdict.batchNumber] : [],
    );
    expect(mine).toEqual([...mine].sort((a, b) => a - b));
  });

  it('decides requests of many customers in one commit, each by itself', async () => {
    const limited = await harness.customer(1);
    const free = await harness.customer();
    const unheardOf = '0b7e3a52-6f0e-4d43-9a5e-000000000000';
    const groups: number[] = [];
    const ledger = harness.ledger({ observe: (group) => groups.push(group.requests) });
    const verdicts = await Promise.all(
      [limited, free, limited, unheardOf, free].map((customerId) => record(customerId, 1, ledger)),
    );
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual([
      'minted',
      'minted',
      'rate_limited',
      'no_entitlement',
      'minted',
    ]);
    expect(groups).toEqual([5]);
  });

  it('puts what it issued into the outbox, once, and nothing that it refused', async () => {
    await harness.database.query('DELETE FROM issuer.outbox');
    const customerId = await harness.customer(3);
    await Promise.all([record(customerId, 2), record(customerId, 2), record(customerId, 1)]);
    const rows = await harness.database.query<{ type: string; payload: Buffer }>(
      'SELECT type, payload FROM issuer.outbox',
    );
    expect(rows.map((row) => row.type)).toEqual(['issued']);
    const { certificates } = fromBinary(IssuedSchema, rows[0]?.payload ?? Buffer.alloc(0));
    const stored = await harness.database.query<{ serial: Buffer; fingerprint: Buffer }>(
      'SELECT serial, fingerprint FROM issuer.certificate WHERE customer_id = $1',
      [customerId],
    );
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect(certificates.map((each) => hex(each.serial)).sort()).toEqual(
      stored.map((each) => hex(each.serial)).sort(),
    );
    expect(certificates.every((each) => each.customerId === customerId && each.notAfter > 0n)).toBe(true);
  });

  it('applies the newest entitlement, whatever comes last', async () => {
    const customerId = await harness.customer(5);
    const apply = (perMinute: number | null, version: number): Promise<unknown> =>
      harness.database.query('SELECT issuer.apply_entitlement($1, $2, NULL, $3)', [
        customerId,
        perMinute,
        version,
      ]);
    await apply(null, 3);
    await apply(1, 2);
    expect(await record(customerId, 50)).toMatchObject({
      outcome: 'minted',
      limits: { minuteLimit: undefined },
    });
    await apply(50, 4);
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'rate_limited' });
  });

  it('does not deadlock when groups of the same customers meet', async () => {
    const customers = await Promise.all(Array.from({ length: 12 }, () => harness.customer()));
    const ledgers = [one, other, harness.ledger(), harness.ledger()];
    const verdicts = await Promise.all(
      Array.from({ length: 400 }, (_, index) => {
        const customerId = customers[(index * 7) % customers.length] ?? '';
        return record(customerId, 2, ledgers[index % ledgers.length]);
      }),
    );
    expect(outcomes(verdicts, 'minted')).toBe(400);
  });
});
