import { RevocationActorKind, type RevocationReason } from '#libs/contracts';
import { createLogger, createRegistry } from '#libs/observability';
import { crlReasons, crlShardOf, forEachCrlEntry, parseCrl } from '#libs/x509';
import { AuthorityRepository } from '../authority/authority.repository.js';
import type { KnownAuthority } from '../authority/known-authority.js';
import { JournalRepository } from '../journal/journal.repository.js';
import { CaFixture, fixtureStart as start } from '../testing/ca-fixture.js';
import type { TestCa } from '../testing/test-ca.js';
import { CrlBuilder } from './crl.builder.js';
import { crlMetrics } from './crl.metrics.js';
import { type CrlCause, CrlRepository, type StoredCrl } from './crl.repository.js';
import { CrlSigner } from './crl-signer.js';

const hour = 3_600_000;
const serial = (n: number): Uint8Array => Buffer.concat([Buffer.alloc(15, 0x21), Buffer.from([n])]);

describe('CRLs from the journal', () => {
  let fixture: CaFixture;
  let repository: CrlRepository;
  let journal: JournalRepository;
  let ca: TestCa;
  let published: StoredCrl[];
  const record = { highestCrlNumber: 0n, crlNumber: async () => undefined };

  beforeAll(async () => {
    fixture = await CaFixture.start();
    repository = new CrlRepository(fixture.pool);
    journal = new JournalRepository(fixture.pool);
  });
  afterAll(() => fixture?.stop());
  beforeEach(async () => {
    fixture.rewind();
    published = [];
    ca = await another(1);
  });

  async function another(shards: number): Promise<TestCa> {
    const made = await fixture.ca(shards);
    const { certificate, ...row } = made.authority;
    await new AuthorityRepository(fixture.pool).keep({ ...row, certificate: certificate.der });
    return made;
  }

  function builder(of: TestCa, known = record): CrlBuilder {
    const { clock } = fixture;
    const provisioner = { signRootCrl: async () => Promise.reject(new Error('no root is asked')) };
    return new CrlBuilder({
      ...{
        repository,
        clock,
        record: known,
        pkiUrl: 'http://pki.example',
        metrics: crlMetrics(createRegistry('t')),
      },
      logger: createLogger('revocation', 'silent'),
      signer: new CrlSigner({ signer: of.signer, provisioner: provisioner as never, clock }),
      onPublished: (crl) => published.push(crl),
    });
  }

  const revoke = (of: KnownAuthority, n: number, reason: number, expiresAt = start + 100 * hour) =>
    journal.append({
      ...{ customerId: of.customerId, reason: reason as RevocationReason, invalidityDate: undefined },
      certificates: [{ caId: of.caId, serial: serial(n), expiresAt }],
      actor: { kind: RevocationActorKind.OPERATOR, id: 'test' },
      now: fixture.clock.now(),
    });

  const build = (by: CrlBuilder, cause: CrlCause, shard = 0, of = ca) =>
    by.build({ authority: of.authority, shard, cause });

  /** What a CRL lists: last octet of the serial number, to reason and minutes since the start. */
  async function listed(
    delta = false,
    shard = 0,
    of = ca,
  ): Promise<Record<number, [number | undefined, number]>> {
    const stored = await repository.load(of.authority, { shard, delta });
    if (!stored) throw new Error('nothing is published');
    const found: Record<number, [number | undefined, number]> = {};
    const { entries } = parseCrl(stored.der).fields;
    if (entries) {
      forEachCrlEntry(entries, ({ serialStop, reason, revokedAt }) => {
        found[stored.der[serialStop - 1] ?? 0] = [reason, (revokedAt - start) / 60_000];
      });
    }
    return found;
  }

  it('begin empty, with a delta CRL of the same number', async () => {
    expect(await build(builder(ca), 'first')).toBe(true);
    expect(await build(builder(ca), 'first')).toBe(false);
    expect(published.map(({ delta, number, base }) => [delta, number, base])).toEqual([
      [false, BigInt(start), undefined],
      [true, BigInt(start), BigInt(start)],
    ]);
    expect(await listed()).toEqual({});
  });

  it('list revocations and holds; the delta CRL lists what changed since the last scheduled one', async () => {
    const by = builder(ca);
    await revoke(ca.authority, 1, crlReasons.keyCompromise);
    await build(by, 'first');
    fixture.clock.advance(60_000);
    await revoke(ca.authority, 2, crlReasons.certificateHold);
    await revoke(ca.authority, 3, crlReasons.unspecified);
    expect(await build(by, 'revocation')).toBe(true);
    expect(await listed()).toEqual({ 1: [1, 0], 2: [6, 1], 3: [undefined, 1] });
    expect(await listed(true)).toEqual({ 2: [6, 1], 3: [undefined, 1] });
    expect(await build(by, 'revocation')).toBe(false);

    // A hold that becomes final keeps its time; one that is lifted is gone, and the delta CRL says so.
    fixture.clock.advance(60_000);
    await revoke(ca.authority, 4, crlReasons.certificateHold);
    await revoke(ca.authority, 2, crlReasons.superseded);
    await build(by, 'revocation');
    expect(await listed()).toEqual({ 1: [1, 0], 2: [4, 1], 3: [undefined, 1], 4: [6, 2] });
    await revoke(ca.authority, 4, crlReasons.removeFromCRL);
    await build(by, 'revocation');
    const final = { 1: [1, 0], 2: [4, 1], 3: [undefined, 1] };
    expect(await listed()).toEqual(final);
    expect(await listed(true)).toEqual({ 2: [4, 1], 3: [undefined, 1], 4: [8, 2] });

    // Another replica, which has read it all from the tables, makes the same.
    await build(builder(ca), 'requested');
    expect(await listed()).toEqual(final);
    expect(await listed(true)).toEqual({});
    const numbers = published.filter(({ delta }) => !delta).map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('leave the full one as it is where the delta CRL alone is made, until its own turn', async () => {
    const by = builder(ca);
    const order = { authority: ca.authority, shard: 0, cause: 'revocation' as const };
    await revoke(ca.authority, 1, crlReasons.keyCompromise);
    await build(by, 'first');
    const base = published.find(({ delta }) => !delta)?.number;
    fixture.clock.advance(60_000);
    await revoke(ca.authority, 2, crlReasons.superseded);
    published = [];
    expect(await by.build({ ...order, deltaOnly: true })).toBe(true);
    expect(published.map((crl) => [crl.delta, crl.base])).toEqual([[true, base]]);
    expect([await listed(), await listed(true)]).toEqual([{ 1: [1, 0] }, { 2: [4, 1] }]);
    expect(await by.build({ ...order, deltaOnly: true })).toBe(false);
    expect(await by.build(order)).toBe(true);
    expect(await listed()).toEqual({ 1: [1, 0], 2: [4, 1] });
    // The number of the full CRL is above that of the delta CRL that came before it (RFC 5280 §5.2.3).
    const [delta, full] = published;
    expect(full?.number).toBeGreaterThan(delta?.number ?? 0n);
  });

  it('drop what has expired after one more scheduled CRL (RFC 5280 §3.3)', async () => {
    const by = builder(ca);
    await revoke(ca.authority, 1, crlReasons.superseded, start + hour / 2);
    await revoke(ca.authority, 2, crlReasons.superseded);
    await build(by, 'first');
    const lists: number[][] = [];
    for (let scheduled = 0; scheduled < 3; scheduled++) {
      fixture.clock.advance(hour);
      await build(by, 'scheduled');
      lists.push(Object.keys(await listed()).map(Number));
    }
    expect(lists).toEqual([[1, 2], [2], [2]]);
  });

  it('make a scheduled one once, whichever replica comes first', async () => {
    const order = { authority: ca.authority, shard: 0, cause: 'scheduled' as const };
    await build(builder(ca), 'first');
    fixture.clock.advance(hour);
    const done = await Promise.all(
      [1, 2, 3].map(() => builder(ca).build({ ...order, unlessScheduledAfter: start })),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
  });

  it('have numbers above every one that was published, also in a database that was restored', async () => {
    await build(builder(ca), 'first');
    const [{ number } = { number: 0n }] = published;
    await fixture.database.query('DELETE FROM revocation.crl WHERE ca_id = $1', [ca.authority.caId]);
    fixture.clock.advance(-24 * hour);
    await build(builder(ca, { ...record, highestCrlNumber: number + 60_000n }), 'first');
    expect(published.at(-1)?.number).toBeGreaterThan(number);
  });

  it.each([4, 130])(
    'of %i shards are behind where the journal has an entry that the full one lacks',
    async (shards) => {
      const split = await another(shards);
      const by = builder(split);
      const behind = async (): Promise<number[]> => {
        const all = (await repository.behind()).filter(({ caId }) => caId === split.authority.caId);
        return all.map(({ shard }) => shard).sort((a, b) => a - b);
      };
      for (let shard = 0; shard < shards; shard++) await build(by, 'first', shard, split);
      expect(await behind()).toEqual([]);
      for (const n of [4, 8, 5]) await revoke(split.authority, n, crlReasons.keyCompromise);
      const shardsOf = [4, 8, 5].map((n) => crlShardOf(serial(n), shards));
      const lacking = [...new Set(shardsOf)].sort((a, b) => a - b);
      expect(lacking).toHaveLength(shards === 4 ? 2 : 3);
      expect(await behind()).toEqual(lacking);
      for (const shard of lacking) {
        const changes = await repository.within(split.authority, (client) =>
          repository.changes(client, split.authority, { shard, since: 0 }),
        );
        expect(changes.count).toBe(shardsOf.filter((each) => each === shard).length);
      }
      const [first = 0, ...others] = lacking;
      await build(by, 'revocation', first, split);
      expect(await behind()).toEqual(others);
      for (const [done, shard] of others.entries()) {
        await by.build({ authority: split.authority, shard, cause: 'revocation', deltaOnly: true });
        expect(await behind()).toEqual(others.slice(done));
        await build(by, 'revocation', shard, split);
        expect(await behind()).toEqual(others.slice(done + 1));
      }
      await revoke(split.authority, 4, crlReasons.superseded);
      expect(await behind()).toEqual([]);
    },
  );

  it('are split into shards, each of which says what it is about', async () => {
    const split = await another(4);
    const by = builder(split);
    for (let n = 1; n <= 9; n++) await revoke(split.authority, n, crlReasons.keyCompromise);
    for (let shard = 0; shard < 4; shard++) {
      await build(by, 'first', shard, split);
      const own = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) => crlShardOf(serial(n), 4) === shard);
      expect(Object.keys(await listed(false, shard, split)).map(Number)).toEqual(own);
      const stored = await repository.load(split.authority, { shard, delta: false });
      const scope = parseCrl(stored?.der ?? Buffer.alloc(0)).fields.extensions.find(
        ({ oid }) => oid === '2.5.29.28',
      );
      expect(scope?.critical).toBe(true);
      expect(Buffer.from(scope?.value.octets ?? []).toString('latin1')).toContain(
        `http://pki.example/${split.authority.handle}/intermediate.${shard}.crl`,
      );
    }
    fixture.clock.advance(60_000);
    await revoke(split.authority, 10, crlReasons.keyCompromise);
    expect(await build(by, 'revocation', 2, split)).toBe(true);
    expect(await listed(true, 2, split)).toEqual({ 10: [1, 1] });
  });

  it('are seen by their own customer only', async () => {
    await build(builder(ca), 'first');
    const other = await another(1);
    const stolen = { ...ca.authority, customerId: other.authority.customerId };
    expect(await repository.load(stolen, { shard: 0, delta: false })).toBeUndefined();
    expect(await repository.load(ca.authority, { shard: 0, delta: false })).toBeDefined();
  });
});
