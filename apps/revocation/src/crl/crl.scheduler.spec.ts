import { createLogger, createRegistry } from '#libs/observability';
import { FixedClock } from '#libs/testing';
import type { KnownAuthority } from '../authority/known-authority.js';
import { TestCa } from '../testing/test-ca.js';
import type { CrlBuilder, CrlOrder } from './crl.builder.js';
import { crlMetrics } from './crl.metrics.js';
import type { CrlRow } from './crl.repository.js';
import { CrlScheduler } from './crl.scheduler.js';

const start = Date.UTC(2026, 10, 1, 12);
const hour = 3_600_000;
const serial = Buffer.alloc(16, 0x42);

describe('when CRLs are made', () => {
  let ca: TestCa;
  let authority: KnownAuthority;
  let clock: FixedClock;
  let orders: Pick<CrlOrder, 'cause' | 'deltaOnly'>[];
  let scheduler: CrlScheduler;

  beforeAll(async () => {
    ca = await TestCa.create(start);
    ({ authority } = ca);
  });
  afterAll(() => ca.dispose());
  afterEach(() => scheduler.stop());

  /** The last full CRL of each of the CA's shards. */
  const published = (facts: Pick<CrlRow, 'durationMs' | 'revokedCount'>, shards = 1): CrlRow[] =>
    Array.from({ length: shards }, (_, shard) => ({
      ...{ caId: authority.caId, customerId: authority.customerId, shard, delta: false, ...facts },
      ...{ number: 1n, base: undefined, baseSequence: 0, journalSequence: 0 },
      ...{ thisUpdate: start, nextUpdate: start + 24 * hour, scheduledAt: start, generatedAt: start },
    }));

  async function begin(
    crls: readonly CrlRow[],
    build: CrlBuilder['build'],
    lacking: readonly { caId: string; shard: number }[] = [],
  ): Promise<void> {
    clock = new FixedClock(start);
    const ofCa = { ...authority, shards: crls.length };
    scheduler = new CrlScheduler({
      authorities: { all: [ofCa], onNew: () => undefined, byId: () => ofCa } as never,
      repository: { since: async () => [...crls], behind: async () => [...lacking] },
      builder: { build },
      cache: { note: () => false } as never,
      clock,
      logger: createLogger('revocation', 'silent'),
      metrics: crlMetrics(createRegistry('revocation')),
      intervalMs: hour,
      mayBuild: () => true,
    });
    await scheduler.start();
  }

  /** A scheduler whose last full CRL took so many milliseconds, and lacks a revocation where it is behind. */
  async function scheduled(durationMs: number, isBehind = false): Promise<void> {
    orders = [];
    await begin(
      published({ durationMs, revokedCount: 500_000 }),
      async ({ cause, deltaOnly }) => {
        orders.push({ cause, deltaOnly: deltaOnly === true });
        return true;
      },
      isBehind ? [{ caId: authority.caId, shard: 0 }] : [],
    );
  }

  /** Lets that much time pass on the clock and several ticks of the scheduler after it. */
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, 350));
  }

  /** What was ordered since the last look. */
  const ordered = () => orders.splice(0);

  it('a quick one is made whole after every revocation, once for those that come together', async () => {
    await scheduled(20);
    for (let n = 0; n < 3; n++) {
      for (let together = 0; together < 5; together++) scheduler.onEntry({ caId: authority.caId, serial });
      await pass(250);
      expect(ordered()).toEqual([{ cause: 'revocation', deltaOnly: false }]);
    }
    await pass(1_000);
    expect(ordered()).toEqual([]);
  });

  it('one that lacks a revocation is made before anything is served', async () => {
    await scheduled(1_500, true);
    expect(ordered()).toEqual([{ cause: 'revocation', deltaOnly: false }]);
  });

  it('a slow one is made now and then, and its delta CRL at once', async () => {
    await scheduled(1_500);
    scheduler.onEntry({ caId: authority.caId, serial });
    await pass(250);
    expect(ordered()).toEqual([{ cause: 'revocation', deltaOnly: false }]);
    for (let n = 0; n < 2; n++) {
      scheduler.onEntry({ caId: authority.caId, serial });
      await pass(250);
      expect(ordered()).toEqual([{ cause: 'revocation', deltaOnly: true }]);
    }
    await pass(15_000);
    expect(ordered()).toEqual([{ cause: 'revocation', deltaOnly: false }]);
    await pass(15_000);
    expect(ordered()).toEqual([]);
  });

  const shards = 64;
  const revokeIn = (shard: number) =>
    scheduler.onEntry({ caId: authority.caId, serial: Buffer.alloc(16, shard) });

  /** A scheduler of a CA with many shards, each of which has a CRL. */
  const split = (build: CrlBuilder['build']) =>
    begin(published({ durationMs: 20, revokedCount: 4_000 }, shards), build);

  it('those of many shards follow one another, and none comes twice before all have come', async () => {
    const made: number[] = [];
    await split(async ({ shard }) => {
      made.push(shard);
      // The next revocation comes while it is made, and has waited long enough when it is ready.
      if (made.length < 3 * shards) {
        revokeIn(shard);
        clock.advance(250);
      }
      return true;
    });
    for (let shard = 0; shard < shards; shard++) revokeIn(shard);
    await pass(250);
    for (let round = 0; round < 3; round++) {
      const ofRound = made.slice(round * shards, (round + 1) * shards);
      expect(new Set(ofRound).size).toBe(shards);
    }
  });

  it('one that a revocation made due does not wait for those that the clock did', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    const begun: string[] = [];
    await split(({ shard, cause }) => {
      begun.push(`${cause} ${shard}`);
      return released;
    });
    await pass(hour);
    expect(begun).toEqual(['scheduled 0', 'scheduled 1']);
    revokeIn(63);
    await pass(250);
    expect(begun).toEqual(['scheduled 0', 'scheduled 1', 'scheduled 63']);
    release();
  });

  it('all of a CA whose key is away are tried later', async () => {
    let tries = 0;
    await split(async () => {
      tries += 1;
      throw new Error('away');
    });
    await pass(hour);
    expect(tries).toBeLessThanOrEqual(2);
    await pass(3_000);
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThanOrEqual(4);
  });

  it('a scheduled one is made whole, however slow', async () => {
    await scheduled(1_500);
    await pass(hour);
    expect(ordered()[0]).toEqual({ cause: 'scheduled', deltaOnly: false });
  });
});
