import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { requireTool, startTokenIssuer, type TokenIssuer } from '#libs/testing';
import { birthKey, MutualTls, selfSigned, within } from '../support/mutual-tls.js';
import { Openssl } from '../support/openssl.js';
import { Product } from '../support/product.js';
import { story } from '../support/story.js';

const hasTools = requireTool('curl', 'apt-get install curl');

interface BirthCert {
  readonly cert_pem: string;
  readonly chain: string;
  readonly serial: string;
}

interface TrailLine {
  readonly sequence: number;
  readonly entry: {
    readonly action: string;
    readonly outcome: string;
    readonly actor: { readonly kind: string; readonly hash?: string };
    readonly handle?: string;
    readonly request_id?: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

(hasTools ? describe : describe.skip)('an account that is kept', () => {
  const openssl = new Openssl();
  let product: Product;
  let issuer: TokenIssuer;
  let mutualTls: MutualTls;

  beforeAll(async () => {
    issuer = await startTokenIssuer();
    mutualTls = await MutualTls.prepare(openssl);
    const provider = { id: 'people', issuer: issuer.issuer, client_id: issuer.project, sign_in: false };
    product = await Product.start({
      env: {
        STACKRUNNER_LOG_LEVEL: 'error',
        STACKRUNNER_OIDC_PROVIDERS: JSON.stringify([provider]),
        ...mutualTls.env,
      },
    });
  }, 120_000);
  afterAll(async () => {
    openssl.dispose();
    await product?.stop();
    await issuer?.stop();
  }, 60_000);

  const cli = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await product.cli([...args, '--json']);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };

  /** The trail once it has so many entries of an action. */
  async function trailWith(handle: string, action: string, count: number): Promise<TrailLine[]> {
    const file = openssl.file('audit.jsonl', '');
    for (let wait = 0; ; wait++) {
      await cli('audit', 'export', handle, '--out', file, '--force');
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1, -1);
      const entries = lines.map((line) => JSON.parse(line) as TrailLine);
      if (entries.filter(({ entry }) => entry.action === action).length >= count) return entries;
      if (wait === 30) throw new Error(`no ${count} entries of ${action}: ${lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  story(
    'a birth certificate is issued once, authenticates over mutual TLS, and all of it is in a trail that nothing can be changed in',
    async (step) => {
      const token = await issuer.token({ sub: 'ada', email: 'ada@example.com', email_verified: true });
      await step('a person signs up, and the operator promotes the customer', async () => {
        const signedUp = await product.request('/v1/signup', {
          bearer: token,
          body: { handle: 'lovelace', tier: 'dev' },
        });
        expect(signedUp.status).toBe(201);
        await cli('customer', 'promote', 'lovelace');
      });

      const { key, body } = await birthKey(openssl);
      const certificate = await step('the birth certificate is issued once', async () => {
        const others = await Promise.all([birthKey(openssl), birthKey(openssl)]);
        const answers = await Promise.all(
          [body, ...others.map((other) => other.body)].map((each) =>
            product.request('/v1/birth-cert', { bearer: token, body: each }),
          ),
        );
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
        const won = answers.findIndex(({ status }) => status === 201);
        const born = answers[won]?.json<BirthCert>();
        const files = {
          certificate: openssl.file('birth.crt', born?.cert_pem ?? ''),
          key: [key, ...others.map((other) => other.key)][won] ?? '',
          chain: born?.chain ?? '',
          serial: born?.serial ?? '',
        };
        const [intermediate = '', root = ''] = files.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
        await openssl.run(
          ...['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', openssl.file('root.pem', root)],
          ...['-untrusted', openssl.file('intermediate.pem', intermediate), files.certificate],
        );
        const text = await openssl.text(born?.cert_pem ?? '');
        expect(text).toContain('DNS:lovelace.leaf.stackrunner.localhost');
        const status = await product.request(`/pki/lovelace/cert/${files.serial}`);
        expect(status.json()).toMatchObject({ status: 'active' });
        return files;
      });

      const mint = () => mutualTls.mint('lovelace', certificate);
      await step('it mints over mutual TLS in place of the bearer, and a foreign one does not', async () => {
        expect(await mint()).toBe('200');
        const name = 'lovelace.leaf.stackrunner.localhost';
        const foreign = await selfSigned(openssl, `/CN=${name}`, `DNS:${name}`);
        expect(await mutualTls.mint('lovelace', foreign)).toBe('401 unauthorized');
      });

      await step('suspension and reset are felt within a second', async () => {
        await cli('customer', 'suspend', 'lovelace');
        await within(1_000, '503 customer_not_active', mint);
        await cli('customer', 'resume', 'lovelace');
        await within(1_000, '200', mint);
        await cli('customer', 'reset-birth-cert', 'lovelace');
        await within(1_000, '401 unauthorized', mint);
      });
      await step('after the reset the owner may have another', async () => {
        const next = await birthKey(openssl);
        const answer = await product.request('/v1/birth-cert', { bearer: token, body: next.body });
        expect(answer.status).toBe(201);
        const identity = {
          certificate: openssl.file('next.crt', answer.json<BirthCert>().cert_pem),
          key: next.key,
        };
        expect(await mutualTls.mint('lovelace', identity)).toBe('200');
        expect(await mint()).toBe('401 unauthorized');
      });

      await step('the trail tells who did what', async () => {
        const trail = await trailWith('lovelace', 'issue', 3);
        const told = trail.map(({ entry }) => `${entry.actor.kind} ${entry.action} ${entry.outcome}`);
        for (const line of [
          'system caActivated ok',
          'operator promoteCustomer ok',
          'person issueBirthCert ok',
          'person issueBirthCert already_issued',
          'person issue ok',
          'birth_certificate issue ok',
          'operator suspendCustomer ok',
          'operator resetBirthCert ok',
        ])
          expect(told).toContain(line);
        const born = trail.find(({ entry }) => entry.action === 'issue' && entry.actor.kind === 'person');
        const serials = born?.entry.details.serials as string[] | undefined;
        expect(serials?.[0]?.replace(/^(00)+/, '')).toBe(certificate.serial);
        expect(born?.entry.handle).toBe('lovelace');
        const asked = trail.find(({ entry }) => entry.action === 'issueBirthCert' && entry.outcome === 'ok');
        expect(asked?.entry.request_id).toBe(born?.entry.request_id);
      });

      await step('an export is verified without the product, and a change in it is found', async () => {
        const file = join(openssl.folder, 'lovelace.jsonl');
        await cli('audit', 'export', 'lovelace', '--out', file);
        const nowhere = { STACKRUNNER_URL: 'http://127.0.0.1:9' };
        expect(await product.cli(['audit', 'verify', file], nowhere)).toMatchObject({ code: 0 });
        const content = readFileSync(file, 'utf8');
        const lines = content.split('\n');
        for (const broken of [
          content.replace('already_issued', 'already_issueD'),
          lines.toSpliced(2, 1).join('\n'),
          lines.toSpliced(2, 2, lines[3] ?? '', lines[2] ?? '').join('\n'),
        ]) {
          writeFileSync(file, broken);
          const { code, stderr } = await product.cli(['audit', 'verify', file], nowhere);
          expect([code, stderr]).toEqual([1, expect.stringMatching(/is broken: line \d+: /)]);
        }
      });
    },
    120_000,
  );

  story('a planted difference is found, reported and repaired', async (step) => {
    const hopper = await step('a customer mints', async () => {
      const customer = await product.customer('hopper');
      await product.mint(customer, [await openssl.csr(), await openssl.csr()], '7d');
      return customer;
    });
    await trailWith('hopper', 'issue', 1);

    await step('somebody tampers with the counter', async () => {
      const folder = join(product.dataDir, 'postgres');
      const { owner } = JSON.parse(readFileSync(join(folder, 'passwords.json'), 'utf8')) as {
        owner: string;
      };
      const port = readFileSync(join(folder, 'cluster', 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[3];
      const client = new pg.Client(`postgres://postgres:${owner}@127.0.0.1:${port}/stackrunner`);
      await client.connect();
      await client.query(
        'UPDATE issuer.quota SET used_in_month = used_in_month + 4000 WHERE used_in_month = 2',
      );
      await client.end();
      expect(await cli('customer', 'show', 'hopper')).toMatchObject({ used: { this_month: 4_002 } });
    });

    await step('reconciling finds it, says so, and makes it right', async () => {
      const found = await cli('usage', 'reconcile', 'hopper');
      expect(found).toMatchObject({
        customers: 1,
        differences: [{ handle: 'hopper', repairs: [{ counter: 'month', counted: 4_002, issued: 2 }] }],
      });
      expect(await cli('customer', 'show', 'hopper')).toMatchObject({ used: { this_month: 2 } });
      const trail = await trailWith('hopper', 'reconcileUsage', 1);
      expect(trail.at(-1)?.entry).toMatchObject({
        actor: { kind: 'system', id: 'billing' },
        details: { repairs: [{ counter: 'month', counted: 4_002, issued: 2 }] },
      });
      expect(await cli('usage', 'reconcile')).toMatchObject({ differences: [] });
      await product.mint(hopper, [await openssl.csr()], '7d');
      expect(await cli('customer', 'show', 'hopper')).toMatchObject({ used: { this_month: 3 } });
    });
  });
});
