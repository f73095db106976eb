import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DebianPostgres, findDebianPostgres } from '#libs/testing';
import { parseCrl } from '#libs/x509';
import { Cluster } from '../support/cluster.js';
import { Openssl } from '../support/openssl.js';
import type { Customer, Minted } from '../support/product.js';
import { RelyingParties } from '../support/relying-parties.js';
import { type Step, story } from '../support/story.js';

const bin = findDebianPostgres();

/** A certificate of the customer, as relying parties see it. */
interface Leaf {
  readonly serial: string;
  readonly parties: RelyingParties;
}

(bin === undefined ? describe.skip : describe)('a database that is restored from an older backup', () => {
  const openssl = new Openssl();
  let postgres: DebianPostgres;
  let cluster: Cluster;
  let customer: Customer;
  const leaves: Leaf[] = [];

  beforeAll(async () => {
    postgres = await DebianPostgres.start(bin ?? '');
    postgres.createDatabase('stackrunner');
    cluster = await Cluster.start(postgres);
    customer = JSON.parse(await cluster.cli('customer', 'create', 'restored', '--json'));
    for (let n = 0; n < 4; n++) leaves.push(await mint());
  }, 180_000);
  afterAll(async () => {
    await cluster?.dispose();
    await postgres?.dispose();
    openssl.dispose();
  }, 60_000);

  async function mint(): Promise<Leaf> {
    const csr_pems = [await openssl.csr({ san: 'DNS:app.restored.internal' })];
    const body = { version: 'v1', csr_pems };
    const minted = await cluster.post<Minted>('/7d/restored/mint', customer.bearer, body);
    const [intermediate = '', root = ''] = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const [certificate] = minted.certs;
    const chain = {
      leaf: openssl.file('leaf.pem', certificate?.cert_pem ?? ''),
      key: '',
      intermediate: openssl.file('intermediate.pem', intermediate),
      root: openssl.file('root.pem', root),
    };
    const parties = new RelyingParties(openssl.folder, chain, `${cluster.origin}/pki/restored`);
    return { serial: certificate?.serial ?? '', parties };
  }

  const revoke = (at: number) =>
    cluster.post('/restored/revoke', customer.bearer, { version: 'v1', serial: leaves[at]?.serial });
  const statusOf = async ({ serial }: Leaf) => {
    const response = await fetch(`${cluster.origin}/pki/restored/cert/${serial}`);
    return response.status === 200 ? ((await response.json()) as { status: string }).status : response.status;
  };
  const crlNumber = async () => {
    const response = await fetch(`${cluster.origin}/pki/restored/intermediate.crl`);
    return parseCrl(Buffer.from(await response.arrayBuffer())).number ?? 0n;
  };

  /** Each as it must stand, by serial status and OCSP at once, and by the CRL soon. */
  async function expectStanding(...standing: readonly ('good' | 'revoked')[]): Promise<void> {
    const active = standing.map((word) => (word === 'good' ? 'active' : word));
    expect(await Promise.all(leaves.map(statusOf))).toEqual(active);
    const byOcsp = leaves.map(({ parties }) => parties.opensslOcsp('-no_nonce'));
    expect(await Promise.all(byOcsp)).toEqual(standing);
    const byCrl = async () => {
      const said: string[] = [];
      for (const { parties } of leaves) said.push(await parties.opensslVerify());
      return said;
    };
    let said = await byCrl();
    for (const end = Date.now() + 15_000; Date.now() < end; said = await byCrl()) {
      if (said.join() === standing.join()) break;
      await sleep(200);
    }
    expect(said).toEqual(standing);
  }

  /** @param lost the certificate whose revocation the backup does not have */
  async function restored(step: Step, restore: () => void | Promise<void>, lost: number): Promise<void> {
    const before = await crlNumber();
    await step('everything stops, the backup is restored, everything starts', async () => {
      await cluster.stopServices();
      await restore();
      await cluster.startServices();
    });
    await step('the first CRL has it, under a number above the highest that was published', async () => {
      expect(await crlNumber()).toBeGreaterThan(before);
      expect(await leaves[lost]?.parties.opensslVerify()).toBe('revoked');
    });
  }

  story(
    'un-revokes nothing: pg_dump and pg_restore',
    async (step) => {
      await revoke(0);
      await step('one is revoked', () => expectStanding('revoked', 'good', 'good', 'good'));
      const restore = postgres.dump('stackrunner');
      await revoke(1);
      await step('another after the backup', () => expectStanding('revoked', 'revoked', 'good', 'good'));
      await restored(step, restore, 1);
      await step('both still are', () => expectStanding('revoked', 'revoked', 'good', 'good'));
    },
    180_000,
  );

  story(
    'un-revokes nothing: pg_basebackup',
    async (step) => {
      const restore = postgres.baseBackup();
      await revoke(2);
      await step('one after the backup', () => expectStanding('revoked', 'revoked', 'revoked', 'good'));
      await restored(step, restore, 2);
      await step('it still is', () => expectStanding('revoked', 'revoked', 'revoked', 'good'));
      await revoke(3);
      await step('and the journal goes on', () => expectStanding('revoked', 'revoked', 'revoked', 'revoked'));
    },
    180_000,
  );

  story(
    'calls nothing good where the record is damaged, until the operator has said what is missing',
    async (step) => {
      const lost = leaves.push(await mint()) - 1;
      const named = leaves.push(await mint()) - 1;
      const kept = leaves.push(await mint()) - 1;
      const restore = postgres.dump('stackrunner');
      await revoke(lost);
      await revoke(named);
      await step(
        'the database is restored, and of two lost revocations the record tells the second alone',
        async () => {
          await cluster.stopServices();
          restore();
          const path = join(cluster.recordDir, 'journal.log');
          const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
          const damaged = [...lines.slice(0, -2), lines.at(-2)?.replace('"ca"', '"c!'), lines.at(-1)];
          writeFileSync(path, `${damaged.join('\n')}\n`);
          await cluster.startServices();
        },
      );
      const said = async (at: number) => [
        leaves[at] && (await statusOf(leaves[at])),
        await leaves[at]?.parties.opensslOcsp('-no_nonce'),
      ];
      await step('what was revoked is, and all else is not known', async () => {
        expect(await said(0)).toEqual(['revoked', 'revoked']);
        for (const at of [lost, named, kept]) {
          expect(await said(at)).toEqual([503, expect.stringMatching(/trylater/i)]);
        }
      });
      await step('the operator says what is missing', () =>
        cluster.cli('reconcile', 'restored', leaves[lost]?.serial ?? ''),
      );
      for (const at of [lost, named]) expect(await said(at)).toEqual(['revoked', 'revoked']);
      expect(await said(kept)).toEqual(['active', 'good']);
    },
    180_000,
  );
});
