import { DebianPostgres, findDebianPostgres } from '#libs/testing';
import { Cluster } from '../support/cluster.js';
import { Openssl } from '../support/openssl.js';
import type { Customer, Minted } from '../support/product.js';
import { damageLastButOne } from '../support/published-record.js';
import { ReliedOnLeaves } from '../support/relied-on-leaves.js';
import { type Step, story } from '../support/story.js';

const bin = findDebianPostgres();

(bin === undefined ? describe.skip : describe)('a database that is restored from an older backup', () => {
  const openssl = new Openssl();
  let postgres: DebianPostgres;
  let cluster: Cluster;
  let customer: Customer;
  let leaves: ReliedOnLeaves;

  beforeAll(async () => {
    postgres = await DebianPostgres.start(bin ?? '');
    postgres.createDatabase('stackrunner');
    cluster = await Cluster.start(postgres);
    customer = JSON.parse(await cluster.cli('customer', 'create', 'restored', '--json'));
    leaves = new ReliedOnLeaves(openssl, `${cluster.origin}/pki/restored`);
    for (let n = 0; n < 4; n++) await mint();
  }, 180_000);
  afterAll(async () => {
    await cluster?.dispose();
    await postgres?.dispose();
    openssl.dispose();
  }, 60_000);

  async function mint(): Promise<number> {
    const csr_pems = [await openssl.csr({ san: 'DNS:app.restored.internal' })];
    const body = { version: 'v1', csr_pems };
    return leaves.add(await cluster.post<Minted>('/7d/restored/mint', customer.bearer, body));
  }

  const revoke = (at: number) =>
    cluster.post('/restored/revoke', customer.bearer, { version: 'v1', serial: leaves.at(at).serial });

  /** @param lost the certificate whose revocation the backup does not have */
  async function restored(step: Step, restore: () => void | Promise<void>, lost: number): Promise<void> {
    const before = await leaves.crlNumber();
    await step('everything stops, the backup is restored, everything starts', async () => {
      await cluster.stopServices();
      await restore();
      await cluster.startServices();
    });
    await step('the first CRL has it, under a number above the highest that was published', async () => {
      expect(await leaves.crlNumber()).toBeGreaterThan(before);
      expect(await leaves.at(lost).parties.opensslVerify()).toBe('revoked');
    });
  }

  story(
    'un-revokes nothing: pg_dump and pg_restore',
    async (step) => {
      await revoke(0);
      await step('one is revoked', () => leaves.expectStanding('revoked', 'good', 'good', 'good'));
      const restore = postgres.dump('stackrunner');
      await revoke(1);
      await step('another after the backup', () =>
        leaves.expectStanding('revoked', 'revoked', 'good', 'good'),
      );
      await restored(step, restore, 1);
      await step('both still are', () => leaves.expectStanding('revoked', 'revoked', 'good', 'good'));
    },
    180_000,
  );

  story(
    'un-revokes nothing: pg_basebackup',
    async (step) => {
      const restore = postgres.baseBackup();
      await revoke(2);
      await step('one after the backup', () =>
        leaves.expectStanding('revoked', 'revoked', 'revoked', 'good'),
      );
      await restored(step, restore, 2);
      await step('it still is', () => leaves.expectStanding('revoked', 'revoked', 'revoked', 'good'));
      await revoke(3);
      await step('and the journal goes on', () =>
        leaves.expectStanding('revoked', 'revoked', 'revoked', 'revoked'),
      );
    },
    180_000,
  );

  story(
    'calls nothing good where the record is damaged, until the operator has said what is missing',
    async (step) => {
      const [lost, named, kept] = [await mint(), await mint(), await mint()];
      const restore = postgres.dump('stackrunner');
      await revoke(lost);
      await revoke(named);
      await step(
        'the database is restored, and of two lost revocations the record tells the second alone',
        async () => {
          await cluster.stopServices();
          restore();
          damageLastButOne(cluster.recordDir);
          await cluster.startServices();
        },
      );
      await step('what was revoked is, and all else is not known', async () => {
        expect(await leaves.said(0)).toEqual(['revoked', 'revoked']);
        for (const at of [lost, named, kept]) {
          expect(await leaves.said(at)).toEqual([503, expect.stringMatching(/trylater/i)]);
        }
      });
      await step('the operator says what is missing', () =>
        cluster.cli('reconcile', 'restored', leaves.at(lost).serial),
      );
      for (const at of [lost, named]) expect(await leaves.said(at)).toEqual(['revoked', 'revoked']);
      expect(await leaves.said(kept)).toEqual(['active', 'good']);
    },
    180_000,
  );
});
