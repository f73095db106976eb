import { requireTool } from '#libs/testing';
import { playDevTier, playFreeTier } from '../support/documents.js';
import { Openssl } from '../support/openssl.js';
import { type Minted, Product, type Refusal } from '../support/product.js';
import { Shell } from '../support/shell.js';
import { story } from '../support/story.js';

const hasTools = ['bash', 'curl', 'jq'].every((tool) => requireTool(tool, `apt-get install ${tool}`));
const base = 'stackrunner.localhost';

interface Seeded {
  readonly credential_id: string;
  readonly permission_id: string;
  readonly cert_id: string;
  readonly bearer: string;
  readonly bearer_file: string;
}

const codeOf = (answer: { json<T>(): T }) => answer.json<Refusal>().error.code;

(hasTools ? describe : describe.skip)('credentials', () => {
  const openssl = new Openssl();
  let product: Product;
  let shell: Shell;

  beforeAll(async () => {
    product = await Product.start({ env: { STACKRUNNER_LOG_LEVEL: 'error' } });
    shell = new Shell(product);
  }, 120_000);
  afterAll(async () => {
    openssl.dispose();
    shell?.dispose();
    await product?.stop();
  }, 60_000);

  const seed = async (handle: string, modes: string, ...flags: string[]) =>
    JSON.parse(
      await shell.run(`$STACKRUNNER credential seed ${handle} --modes=${modes} --json ${flags.join(' ')}`),
    ) as Seeded;
  const issue = (path: string, bearer: string, body: object) => product.request(path, { bearer, body });

  story('the Dev tier, with the command lines of its document', async (step) => {
    await playDevTier(shell, step);
  });

  story('each credential by itself: modes, certs, ceilings, rotation', async (step) => {
    const acme = await step('create acme', () => product.customer('acme'));
    const other = await step('create other', () => product.customer('other'));
    const csr = await openssl.csr({ san: 'DNS:a.acme.internal' });
    const first = await step('seed', () => seed('acme', 'sign_leaf'));
    const second = await step('seed again', () => seed('acme', 'sign_leaf'));
    expect([second.permission_id, second.cert_id]).toEqual([first.permission_id, first.cert_id]);
    expect(second.credential_id).not.toBe(first.credential_id);
    const both = await step('seed for both modes', () =>
      seed('acme', 'sign_leaf,cross_sign', '--max-ttl 1d', '--permit-dns acme.internal'),
    );
    expect(both.permission_id).not.toBe(first.permission_id);
    const theirs = await step('seed for other', () => seed('other', 'sign_leaf'));
    const wish = { version: 'v1', cert_id: first.cert_id, csr_pems: [csr], ttl: '1h' };

    const refused = async (path: string, bearer: string, body: object) => {
      const answer = await issue(path, bearer, body);
      return [answer.status, codeOf(answer)];
    };
    expect(await refused('/v1/cross-sign', first.bearer, wish)).toEqual([403, 'mode_not_allowed']);
    expect(await refused('/v1/sign-leaf', theirs.bearer, wish)).toEqual([403, 'cert_not_allowed']);
    expect(await refused('/v1/sign-leaf', first.bearer, { ...wish, cert_id: 'nothing' })).toEqual([
      403,
      'cert_not_allowed',
    ]);
    expect(await refused('/v1/sign-leaf', acme.bearer, wish)).toEqual([401, 'unauthorized']);
    expect(await refused('/acme/mint', first.bearer, { version: 'v1', csr_pems: [csr], ttl: '1h' })).toEqual([
      401,
      'unauthorized',
    ]);
    expect(await refused('/v1/cross-sign', both.bearer, { ...wish, ttl: '7d' })).toEqual([400, 'bad_ttl']);
    const foreign = await openssl.csr({ subject: '/CN=x', san: 'DNS:evil.example' });
    expect(await refused('/v1/cross-sign', both.bearer, { ...wish, csr_pems: [foreign] })).toEqual([
      400,
      'issue_failed',
    ]);
    expect(await refused('/v1/sign-leaf', first.bearer, { ...wish, csr_pems: Array(101).fill(csr) })).toEqual(
      [400, 'bad_count'],
    );

    await step('a batch, once for one key', async () => {
      const answers = await Promise.all(
        [1, 2].map(() =>
          product.request('/v1/sign-leaf', {
            bearer: first.bearer,
            body: { ...wish, csr_pems: [csr, csr] },
            headers: { 'idempotency-key': 'nightly' },
          }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.json<Minted>().batch_id).toBe('acme-#1');
      expect(answers[1]?.json()).toEqual(answers[0]?.json());
      await openssl.verify(answers[0]?.json<Minted>() as Minted);
    });
    await step('the owner sees what each may, and what was used', async () => {
      const me = (bearer: string) => product.request('/v1/whoami', { bearer });
      expect((await me(first.bearer)).json()).toMatchObject({
        kind: 'scoped_credential',
        handle: 'acme',
        credential: { credential_id: first.credential_id, permission_id: first.permission_id },
      });
      expect((await me(acme.bearer)).json()).toMatchObject({ kind: 'master_bearer', tier: 'dev' });
      const usage = (await product.request('/v1/usage', { bearer: both.bearer })).json<{
        lifetime: { used: number };
      }>();
      expect(usage.lifetime.used).toBe(2);
      const page = await product.request('/v1/certificates?limit=1', { bearer: acme.bearer });
      const { certificates, next_page_token } = page.json<{
        certificates: { serial: string }[];
        next_page_token: string;
      }>();
      const rest = await product.request(`/v1/certificates?page_token=${next_page_token}`, {
        bearer: acme.bearer,
      });
      const more = rest.json<{ certificates: { serial: string }[]; next_page_token: null }>();
      expect(more).toMatchObject({ certificates: [{}], next_page_token: null });
      expect(more.certificates[0]?.serial).not.toBe(certificates[0]?.serial);
      expect((await product.request('/v1/certificates', { bearer: other.bearer })).json()).toMatchObject({
        certificates: [],
      });
    });
    await step('rotate: revoke the first, keep the second', async () => {
      const revoked = await product.cli(['credential', 'revoke', 'acme', first.credential_id, '--json']);
      expect(JSON.parse(revoked.stdout)).toMatchObject({
        credential_id: first.credential_id,
        status: 'revoked',
      });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => issue('/v1/sign-leaf', first.bearer, wish)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      expect((await issue('/v1/sign-leaf', second.bearer, wish)).status).toBe(200);
      const listed = JSON.parse((await product.cli(['credential', 'list', 'acme', '--json'])).stdout);
      const statuses = new Map(
        listed.credentials.map((each: { credential_id: string; status: string }) => [
          each.credential_id,
          each.status,
        ]),
      );
      expect([statuses.get(first.credential_id), statuses.get(second.credential_id)]).toEqual([
        'revoked',
        'active',
      ]);
    });
  });

  story('the Free tier, with the command lines of its document', async (step) => {
    const bearer = await playFreeTier(shell, step);
    const free = (path: string, csr: string, more: object = {}) =>
      issue(path, bearer, { version: 'v1', csr_pem: csr, ...more });
    await step('names are bound to the handle', async () => {
      const mine = await openssl.csr({ subject: `/CN=fred.leaf.${base}`, san: `DNS:api.fred.leaf.${base}` });
      expect((await free('/1d/v1/free/issue', mine)).status).toBe(200);
      for (const [subject, san] of [
        [`/CN=fred.leaf.${base}`, 'DNS:other.example'],
        ['/CN=other.example', `DNS:fred.leaf.${base}`],
        [`/CN=fred.leaf.${base}`, 'IP:10.0.0.1'],
        [`/CN=fred.leaf.${base}`, `DNS:notfred.leaf.${base}`],
      ] as const) {
        const answer = await free('/1d/v1/free/issue', await openssl.csr({ subject, san }));
        expect([answer.status, codeOf(answer)]).toEqual([400, 'issue_failed']);
        expect(answer.json<Refusal>().error.message).toMatch(/other\.example|10\.0\.0\.1|notfred/);
      }
    });
    await step('lifetimes', async () => {
      const csr = await openssl.csr({ subject: `/CN=fred.leaf.${base}` });
      expect(codeOf(await free('/90d/v1/free/issue', csr))).toBe('bad_ttl');
      expect(codeOf(await free('/7d/v1/free/issue', csr, { ttl: '1d' }))).toBe('ttl_mismatch');
    });
    await step('routes of the Dev tier are not there', async () => {
      for (const path of [
        '/v1/sign-leaf',
        '/v1/cross-sign',
        '/7d/fred/mint',
        '/fred/mint',
        '/v1/credentials',
      ]) {
        const answer = await issue(path, bearer, {});
        expect([path, answer.status, codeOf(answer)]).toEqual([path, 404, 'bad_path']);
      }
    });
    await step('five a minute, 25 ever, and a Mint Pack', async () => {
      const csr = await openssl.csr({ subject: `/CN=fred.leaf.${base}` });
      const many = (count: number) =>
        Promise.all(Array.from({ length: count }, () => free('/1h/v1/free/issue', csr)));
      const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort();
      expect(statuses(await many(4))).toEqual([200, 200, 429, 429]);
      await product.cli(['customer', 'set-limits', 'fred', '--per-minute', 'unlimited']);
      const spent = await many(24);
      expect(statuses(spent).filter((status) => status === 200)).toHaveLength(20);
      const refused = spent.find(({ status }) => status === 403)?.json<Refusal>().error;
      expect(refused).toMatchObject({ code: 'quota_exceeded', limit: 25, used: 25 });
      const packed = await product.cli(['customer', 'set-plan', 'fred', 'mint_pack', '--json']);
      expect(JSON.parse(packed.stdout)).toMatchObject({ limits: { lifetime: null } });
      expect((await free('/1h/v1/free/issue', csr)).status).toBe(200);
    });
    await step('promote, twice: the same bearer on a CA of its own', async () => {
      for (let time = 0; time < 2; time += 1) {
        const promoted = await product.cli(['customer', 'promote', 'fred', '--json']);
        expect(JSON.parse(promoted.stdout)).toMatchObject({ tier: 'dev', status: 'active' });
      }
      const csr = await openssl.csr({ san: 'DNS:a.fred.internal' });
      const minted = await product.mint({ handle: 'fred', bearer }, [csr], '90d');
      await openssl.verify(minted);
      expect(await openssl.text(minted.certs[0]?.cert_pem ?? '')).toContain('fred Intermediate CA');
      expect(codeOf(await free('/1h/v1/free/issue', csr))).toBe('bad_path');
    });
  });
});
