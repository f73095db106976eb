import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Openssl } from '../support/openssl.js';
import { statusOriginOf } from '../support/processes.js';
import { Product, temporaryFolder } from '../support/product.js';
import { damageLastButOne } from '../support/published-record.js';
import { ReliedOnLeaves } from '../support/relied-on-leaves.js';
import { story } from '../support/story.js';

/** What a backup must not bring back: it remembers what was revoked since. */
const record = 'revocations';

/**
 * Standalone, as docs/running.md says to back it up: the data folder, while nothing runs. Its PostgreSQL is newer than
 * Debian's pg_dump and pg_basebackup take.
 */
describe('a data folder of standalone that is restored from an older copy', () => {
  const openssl = new Openssl();
  const dataDir = temporaryFolder('restored');
  const copy = temporaryFolder('copy');
  let product: Product;

  beforeAll(async () => {
    product = await Product.start({ dataDir });
  }, 90_000);
  afterAll(async () => {
    await product?.stop();
    openssl.dispose();
    for (const folder of [dataDir, copy]) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Stops, changes what lies on the disk, and starts at the addresses that certificates name. */
  async function whileStopped(change: () => void): Promise<void> {
    const ports = {
      STACKRUNNER_PORT: new URL(product.origin).port,
      STACKRUNNER_STATUS_PORT: new URL(statusOriginOf(product.printed)).port,
    };
    await product.end('SIGINT');
    change();
    product = await Product.start({ dataDir, env: ports });
  }
  function restore(): void {
    for (const name of readdirSync(copy)) {
      if (name === record) continue;
      rmSync(join(dataDir, name), { recursive: true, force: true });
      copyOf(join(copy, name), dataDir);
    }
  }

  story(
    'un-revokes nothing, and calls nothing good where the record is damaged',
    async (step) => {
      const customer = await product.customer('restored');
      const leaves = new ReliedOnLeaves(openssl, `${product.origin}/pki/restored`);
      const csr = await openssl.csr({ san: 'DNS:app.restored.internal' });
      for (let n = 0; n < 4; n++) leaves.add(await product.mint(customer, [csr], '7d'));
      const revoke = async (at: number) => {
        const body = { version: 'v1', serial: leaves.at(at).serial };
        const answer = await product.request('/restored/revoke', { bearer: customer.bearer, body });
        expect(answer.status).toBe(200);
      };

      await revoke(0);
      await step('the data folder is copied', () => whileStopped(() => copyOf(`${dataDir}/.`, copy)));
      await revoke(1);
      await step('one was revoked before, one after', () =>
        leaves.expectStanding('revoked', 'revoked', 'good', 'good'),
      );
      const before = await leaves.crlNumber();
      await step('the copy is restored', () => whileStopped(restore));
      await step('the first CRL has both, under a number above the highest that was published', async () => {
        expect(await leaves.crlNumber()).toBeGreaterThan(before);
        expect(await leaves.at(1).parties.opensslVerify()).toBe('revoked');
      });
      await step('both still are', () => leaves.expectStanding('revoked', 'revoked', 'good', 'good'));
      await revoke(2);
      await step('and the journal goes on', () =>
        leaves.expectStanding('revoked', 'revoked', 'revoked', 'good'),
      );

      await step('it is restored again, and of two lost revocations the record tells the second alone', () =>
        whileStopped(() => {
          restore();
          damageLastButOne(join(dataDir, record));
        }),
      );
      expect(await leaves.said(0)).toEqual(['revoked', 'revoked']);
      for (const at of [1, 2, 3]) {
        expect(await leaves.said(at)).toEqual([503, expect.stringMatching(/trylater/i)]);
      }
      const told = await product.cli(['reconcile', 'restored', leaves.at(1).serial]);
      expect([told.code, told.stdout]).toEqual([0, 'revoked again: 1 from the record, 1 as given\n']);
      for (const at of [1, 2]) expect(await leaves.said(at)).toEqual(['revoked', 'revoked']);
      expect(await leaves.said(3)).toEqual(['active', 'good']);
    },
    180_000,
  );
});

/** With owners and modes: PostgreSQL's files are its user's. */
function copyOf(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}
