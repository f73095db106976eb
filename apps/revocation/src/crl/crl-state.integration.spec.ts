import { RevocationActorKind, type RevocationReason } from '#libs/contracts';
import { createLogger, createRegistry } from '#libs/observability';
import { crlReasons, crlShardOf, forEachCrlEntry, parseCrl } from '#libs/x509';
import { AuthorityRepository } from '../authority/authority.repository.js';
import { JournalRepository } from '../journal/journal.repository.js';
import { CaFixture } from '../testing/ca-fixture.js';
import type { TestCa } from '../testing/test-ca.js';
import { CrlBuilder } from './crl.builder.js';
import { crlMetrics } from './crl.metrics.js';
import { type CrlCause, CrlRepository } from './crl.repository.js';
import { CrlSigner } from './crl-signer.js';

const minute = 60_000;
const hour = 60 * minute;
const { certificateHold, removeFromCRL } = crlReasons;
const reasons = [0, 1, 4, 5, 6, 6, 6, 9] as const;

/** How the rules of RFC 5280 say that a certificate stands. */
interface Expected {
  readonly revokedAt: number;
  readonly reason: number;
  readonly invalidityDate: number | undefined;
  readonly expiresAt: number;
}

/** Numbers that are the same in every run. */
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('A CRL that was kept in memory', () => {
  let fixture: CaFixture;
  let repository: CrlRepository;
  let journal: JournalRepository;

  beforeAll(async () => {
    fixture = await CaFixture.start();
    repository = new CrlRepository(fixture.pool);
    journal = new JournalRepository(fixture.pool);
  });
  afterAll(() => fixture?.stop());
  beforeEach(() => fixture.rewind());

  async function caOf(shards: number): Promise<TestCa> {
    const made = await fixture.ca(shards);
    const { certificate, ...row } = made.authority;
    await new AuthorityRepository(fixture.pool).keep({ ...row, certificate: certificate.der });
    return made;
  }

  function builderOf({ signer }: TestCa): CrlBuilder {
    const { clock } = fixture;
    const provisioner = { signRootCrl: async () => Promise.reject(new Error('no root is asked')) };
    return new CrlBuilder({
      ...{ repository, clock, pkiUrl: 'http://pki.example', metrics: crlMetrics(createRegistry('t')) },
      record: { highestCrlNumber: 0n, crlNumber: async () => undefined },
      logger: createLogger('revocation', 'silent'),
      signer: new CrlSigner({ signer, provisioner, clock }),
      onPublished: () => undefined,
    });
  }

  async function revoke({ authority }: TestCa, serial: Buffer, state: Expected): Promise<void> {
    await journal.append({
      customerId: authority.customerId,
      reason: state.reason as RevocationReason,
      invalidityDate: state.invalidityDate,
      certificates: [{ caId: authority.caId, serial, expiresAt: state.expiresAt }],
      actor: { kind: RevocationActorKind.OPERATOR, id: 'test' },
      now: fixture.clock.now(),
    });
  }

  async function listed({ authority }: TestCa, delta = false): Promise<string[]> {
    const found: string[] = [];
    for (let shard = 0; shard < authority.shards; shard++) {
      const stored = await repository.load(authority, { shard, delta });
      const der = stored?.der ?? Buffer.alloc(0);
      const { entries } = parseCrl(der).fields;
      if (!entries) continue;
      forEachCrlEntry(entries, ({ serialStart, serialStop, reason = 0, revokedAt, invalidityDate }) => {
        const serial = der.subarray(serialStart, serialStop);
        expect(crlShardOf(serial, authority.shards)).toBe(shard);
        found.push(lineOf(serial.toString('hex').replace(/^00/, ''), { reason, revokedAt, invalidityDate }));
      });
    }
    return found.sort();
  }

  const lineOf = (serial: string, state: Omit<Expected, 'expiresAt'>): string =>
    `${serial} ${state.reason} ${state.revokedAt} ${state.invalidityDate ?? ''}`;

  const lines = (of: ReadonlyMap<string, Expected>): string[] =>
    [...of].map(([serial, state]) => lineOf(serial, state)).sort();

  async function publish(ca: TestCa, builder: CrlBuilder, cause: CrlCause): Promise<void> {
    for (let shard = 0; shard < ca.authority.shards; shard++) {
      await builder.build({ authority: ca.authority, shard, cause });
    }
  }

  it.each([1, 3])('lists the same as one that was read from the tables, in %i shards', async (shards) => {
    const random = pseudoRandom(shards * 7_919);
    const kept = await caOf(shards);
    const anew = await caOf(shards);
    const keeper = builderOf(kept);
    const expected = new Map<string, Expected>();
    let serials: string[] = [];
    let scheduledAt = fixture.clock.now();
    let deltas = 0;
    await publish(kept, keeper, 'first');
    await publish(anew, builderOf(anew), 'first');

    async function change(): Promise<void> {
      const now = fixture.clock.now();
      const isKnown = serials.length > 0 && random(3) === 0;
      const length = [1, 15, 16, 16, 20][random(5)] ?? 16;
      // From 0x01: with and without the octet that keeps an INTEGER positive.
      const first = 1 + random(length === 20 ? 127 : 255);
      const made = Buffer.from(Array.from({ length }, (_, at) => (at === 0 ? first : random(256))));
      const serial = isKnown ? (serials[random(serials.length)] ?? '') : made.toString('hex');
      const before = expected.get(serial);
      const isLifted = before?.reason === certificateHold && random(2) === 0;
      const invalidityDate = random(3) === 0 ? now - random(10) * hour : undefined;
      const reason = isLifted ? removeFromCRL : (reasons[random(reasons.length)] ?? 0);
      const expiresAt = before?.expiresAt ?? now + random(6) * hour + minute;
      const state = { revokedAt: before?.revokedAt ?? now, reason, invalidityDate, expiresAt };
      await revoke(kept, Buffer.from(serial, 'hex'), state);
      await revoke(anew, Buffer.from(serial, 'hex'), state);
      serials.push(serial);
      if (isLifted) expected.delete(serial);
      else if (!before || (before.reason === certificateHold && reason !== certificateHold)) {
        expected.set(serial, state);
      }
    }

    for (let round = 0; round < 12; round++) {
      for (let changes = random(8); changes >= 0; changes--) {
        fixture.clock.advance(random(3) * minute + 1_000);
        await change();
      }
      fixture.clock.advance(random(2) * hour);
      const cause = random(2) === 0 ? 'scheduled' : 'revocation';
      await publish(kept, keeper, cause);
      await publish(anew, builderOf(anew), cause);
      // What expired leaves after one more scheduled CRL; who reads the tables anew has no reason to wait for it.
      const alive = new Map([...expected].filter(([, { expiresAt }]) => expiresAt >= scheduledAt));
      const all = lines(expected);
      if (cause === 'scheduled') {
        serials = serials.filter((serial) => !expected.has(serial) || alive.has(serial));
        for (const serial of expected.keys()) if (!alive.has(serial)) expected.delete(serial);
        scheduledAt = fixture.clock.now();
      }
      expect(await listed(kept)).toEqual(lines(expected));
      const own = await listed(anew);
      expect(own).toEqual(expect.arrayContaining(lines(alive)));
      expect(all).toEqual(expect.arrayContaining(own));
      // The one comes from memory, the other from the journal.
      const changed = await listed(kept, true);
      expect(await listed(anew, true)).toEqual(changed);
      deltas += changed.length;
    }
    expect(deltas).toBeGreaterThan(20);
    expect(expected.size).toBeGreaterThan(5);
  });
});
