import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireTool } from '#libs/testing';
import { Openssl } from '../support/openssl.js';
import { type Customer, type Minted, Product, type Refusal } from '../support/product.js';
import { type Chain, RelyingParties, run } from '../support/relying-parties.js';

/** What each relying party says, by its name: first of a good certificate, then of the same when it is revoked. */
const clients = {
  'openssl ocsp': { tool: 'openssl', ask: (p) => p.opensslOcsp() },
  'openssl ocsp, SHA-256 and no nonce': {
    tool: 'openssl',
    ask: (p) => p.opensslOcsp('-sha256', '-no_nonce'),
  },
  'openssl verify -crl_check_all': { tool: 'openssl', ask: (p) => p.opensslVerify() },
  ocsptool: { tool: 'ocsptool', ask: (p) => p.ocsptool() },
  NSS: { tool: 'crlutil', ask: (p) => p.nss() },
  'Go x/crypto/ocsp and crypto/x509': { tool: 'go', ask: (p) => p.go() },
  'Java CertPathValidator by OCSP': { tool: 'javac', ask: (p) => p.java('ocsp') },
  'Java CertPathValidator by CRL': { tool: 'javac', ask: (p) => p.java('crl') },
  'nginx stapling': { tool: 'nginx', ask: (p) => p.nginxStapling() },
  'nginx ssl_crl': { tool: 'nginx', ask: (p) => p.nginxClientCrl() },
  'strongSwan pki --verify': { tool: 'pki', ask: (p) => p.strongswan() },
} as const satisfies Record<string, { tool: string; ask: (parties: RelyingParties) => Promise<string> }>;

/** One that the Free tier issued. */
interface FreeLeaf {
  readonly serial: string;
  /** As openssl shows it. */
  readonly text: string;
  readonly chain: Chain;
}

const howToGet = 'npm test installs it on Debian as root';

describe.each(['standalone', 'services'] as const)('real relying parties of %s', (mode) => {
  const openssl = new Openssl();
  let product: Product;
  let customer: Customer;
  let chain: Chain;
  let serial: string;
  let parties: RelyingParties;

  beforeAll(async () => {
    product = await Product.start({ mode, env: { STACKRUNNER_SHORT_LIVED_TTL: '7200' } });
    customer = await product.customer('relied-on');
    const key = openssl.file('key.pem', '');
    await openssl.run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
    const request = openssl.file('request.pem', '');
    const config = openssl.file('request.cnf', '[req]\ndistinguished_name=dn\n[dn]\n');
    const names = ['-subj', '/CN=app', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    await openssl.run('req', '-new', '-config', config, '-key', key, ...names, '-out', request);
    const minted = await product.mint(customer, [readFileSync(request, 'utf8')], '7d');
    serial = minted.certs[0]?.serial ?? '';
    chain = { ...chainOf(minted), key };
    parties = new RelyingParties(openssl.folder, chain, `${product.origin}/pki/${customer.handle}`);
  }, 120_000);

  afterAll(async () => {
    openssl.dispose();
    await product?.stop();
  }, 30_000);

  /** The files of the first certificate of an answer, without its key. */
  function chainOf({ certs, chain: pems }: Pick<Minted, 'certs' | 'chain'>): Chain {
    const [intermediate = '', root = ''] = pems.split(/(?<=-----END CERTIFICATE-----\n)/);
    return {
      leaf: openssl.file('leaf.pem', certs[0]?.cert_pem ?? ''),
      key: '',
      intermediate: openssl.file('intermediate.pem', intermediate),
      root: openssl.file('root.pem', root),
    };
  }

  const those = Object.entries(clients).filter(([, { tool }]) => requireTool(tool, howToGet));

  it.each(those)(
    '%s sees a good certificate',
    async (_, { ask }) => {
      expect(await ask(parties)).toBe('good');
    },
    60_000,
  );

  it('is revoked: OCSP knows it at once, the CRL within ten seconds', async () => {
    const revoked = await product.request(`/${customer.handle}/revoke`, {
      bearer: customer.bearer,
      body: { serial, reason: 'keyCompromise' },
    });
    expect(revoked.status).toBe(200);
    expect(await parties.opensslOcsp('-no_nonce')).toBe('revoked');
    let seen = 'good';
    for (const end = Date.now() + 10_000; seen === 'good' && Date.now() < end; await sleep(100)) {
      seen = await parties.opensslVerify();
    }
    expect(seen).toBe('revoked');
  }, 60_000);

  it.each(those)(
    '%s sees that it is revoked',
    async (_, { ask }) => {
      expect(await ask(parties)).toBe('revoked');
    },
    60_000,
  );

  it.each([4, 1024])(
    'a leaf of a CA with %i shards names its own, which lists it alone once it is revoked',
    async (shards) => {
      const handle = `sharded-${shards}`;
      const big = await product.customer(handle, '--crl-shards', `${shards}`);
      const minted = await product.mint(big, [await openssl.csr({ san: 'DNS:a.example' })], '7d');
      const [leaf] = minted.certs;
      const [intermediate = '', root = ''] = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
      const octets = shards > 128 ? 2 : 1;
      const shard = Number.parseInt(leaf?.serial.slice(-2 * octets) ?? '', 16) % shards;
      const url = `${product.origin}/pki/${handle}/intermediate.${shard}.crl`;
      expect(await openssl.text(leaf?.cert_pem ?? '')).toContain(`URI:${url}\n`);
      const files = [
        openssl.file('i.pem', intermediate),
        openssl.file('r.pem', root),
        openssl.file('l.pem', leaf?.cert_pem ?? ''),
      ];
      const verify = async (part: number) => {
        const response = await fetch(`${product.origin}/pki/${handle}/intermediate.${part}.crl`);
        const der = openssl.file('shard.crl', Buffer.from(await response.arrayBuffer()));
        const pem = openssl.file('shard.pem', await run('openssl', ['crl', '-inform', 'DER', '-in', der]));
        const [i = '', r = '', l = ''] = files;
        return run('openssl', [
          'verify',
          '-x509_strict',
          '-crl_check',
          '-CAfile',
          r,
          '-untrusted',
          i,
          '-CRLfile',
          pem,
          l,
        ]);
      };
      expect(await verify(shard)).toMatch(/: OK/);
      // Another part says by its issuingDistributionPoint that it is not about this certificate.
      expect(await verify((shard + 1) % shards)).toMatch(/scope|unable to get certificate CRL/i);
      const body = { serial: leaf?.serial, reason: 'superseded' };
      expect((await product.request(`/${handle}/revoke`, { bearer: big.bearer, body })).status).toBe(200);
      let seen = '';
      for (const end = Date.now() + 20_000; !/revoked/.test(seen) && Date.now() < end; await sleep(200)) {
        seen = await verify(shard);
      }
      expect(seen).toMatch(/certificate revoked/);
    },
    90_000,
  );

  it('many are revoked at once by their names, and no other', async () => {
    const leaves: Chain[] = [];
    for (const name of ['a.old.internal', 'b.old.internal', 'c.new.internal']) {
      const minted = await product.mint(customer, [await openssl.csr({ san: `DNS:${name}` })], '7d');
      leaves.push({ ...chain, leaf: openssl.file('leaf.pem', minted.certs[0]?.cert_pem ?? '') });
    }
    const asked = async () => {
      const said: string[] = [];
      for (const leaf of leaves) {
        said.push(await new RelyingParties(openssl.folder, leaf, '').opensslOcsp('-no_nonce'));
      }
      return said;
    };
    const order = ['revoke', customer.handle, '--san', '*.old.internal', '--reason', 'superseded', '--json'];
    const counted = await product.cli([...order, '--dry-run']);
    expect(JSON.parse(counted.stdout)).toMatchObject({ matched: 2, revoked_before: 0 });
    expect(await asked()).toEqual(['good', 'good', 'good']);
    const done = await product.cli(order);
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'done', revoked: 2, failed: 0 });
    expect(await asked()).toEqual(['revoked', 'revoked', 'good']);
  }, 60_000);

  it('many are revoked at once by what they were issued as, and no other', async () => {
    const owner = await product.customer('profiled');
    const seeded = await product.cli(['credential', 'seed', 'profiled', '--modes=sign_leaf', '--json']);
    const { bearer, cert_id } = JSON.parse(seeded.stdout) as { bearer: string; cert_id: string };
    const csr = await openssl.csr({ san: 'DNS:app.profiled.internal' });
    const body = { version: 'v1', cert_id, csr_pems: [csr], ttl: '7d' };
    const signed = await product.request('/v1/sign-leaf', { bearer, body });
    const leaves = [await product.mint(owner, [csr], '7d'), signed.json<Minted>()].map(chainOf);
    const said = () =>
      Promise.all(
        leaves.map((leaf) => new RelyingParties(openssl.folder, leaf, '').opensslOcsp('-no_nonce')),
      );
    expect(await said()).toEqual(['good', 'good']);
    const order = async (profile: string, ...flags: string[]) => {
      const wish = ['--profile', profile, '--reason', 'superseded', '--json', ...flags];
      const { stdout, stderr } = await product.cli(['revoke', 'profiled', ...wish]);
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    };
    /** A certificate may be asked about before the event that tells of it has come. */
    const counted = async (profile: string) => {
      let count = await order(profile, '--dry-run');
      for (const end = Date.now() + 20_000; count.matched === 0 && Date.now() < end; ) {
        count = await order(profile, '--dry-run');
      }
      return count;
    };
    // The certificate of the OCSP responder that just answered is no mint.
    expect(await counted('mint')).toMatchObject({ matched: 1, revoked_before: 0 });
    expect(await counted('sign-leaf')).toMatchObject({ matched: 1, revoked_before: 0 });
    expect(await said()).toEqual(['good', 'good']);
    expect(await order('sign-leaf')).toMatchObject({ status: 'done', matched: 1, revoked: 1, failed: 0 });
    expect(await said()).toEqual(['good', 'revoked']);
  }, 60_000);

  it('a Free leaf names the shared CA, whose CRL and OCSP know it, also below its own handle', async () => {
    const fred = await product.customer('fred', '--tier', 'free');
    const gina = await product.customer('gina', '--tier', 'free');
    const theirs = await freeLeaf(gina);
    const mine = await freeLeaf(fred);
    expect(mine.text).toContain(`URI:${product.origin}/pki/free/intermediate.crl\n`);
    expect(mine.text).toContain(`URI:${product.origin}/pki/free/ocsp\n`);
    const below = (leaf: FreeLeaf, handle: string) =>
      new RelyingParties(openssl.folder, leaf.chain, `${product.origin}/pki/${handle}`);
    const paths = ['free', 'fred', 'gina'];
    const byOcsp = (leaf: FreeLeaf, handle: string) =>
      below(leaf, handle).opensslOcspAt(`${product.origin}/pki/${handle}/ocsp`, '-no_nonce');
    const verdicts = async (leaf: FreeLeaf) => {
      const said = new Set<string>();
      for (const handle of paths) {
        said.add(await below(leaf, handle).opensslVerify()).add(await byOcsp(leaf, handle));
      }
      return said;
    };
    expect([await verdicts(mine), await verdicts(theirs)]).toEqual([new Set(['good']), new Set(['good'])]);

    const body = { version: 'v1', serial: mine.serial, reason: 'superseded' };
    const foreign = await product.request('/v1/free/revoke', { bearer: gina.bearer, body });
    expect([foreign.status, foreign.json<Refusal>().error.code]).toEqual([404, 'serial_not_found']);
    expect((await product.request('/v1/free/revoke', { bearer: fred.bearer, body })).status).toBe(200);
    for (const handle of paths) expect(await byOcsp(mine, handle)).toBe('revoked');
    const status = await product.request(`/pki/fred/cert/${mine.serial}`);
    expect(status.json()).toMatchObject({ status: 'revoked', revoked_reason: 'superseded' });
    const end = Date.now() + 10_000;
    while (Date.now() < end && (await below(mine, 'free').opensslVerify()) === 'good') await sleep(100);
    expect([await verdicts(mine), await verdicts(theirs)]).toEqual([new Set(['revoked']), new Set(['good'])]);
  }, 90_000);

  /** A leaf of the shared CA, by the route of the Free tier. */
  async function freeLeaf({ handle, bearer }: Customer): Promise<FreeLeaf> {
    const csr_pem = await openssl.csr({ subject: `/CN=${handle}.leaf.stackrunner.localhost` });
    const body = { version: 'v1', csr_pem };
    const answer = await product.request('/7d/v1/free/issue', { bearer, body });
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    const issued = answer.json<Minted['certs'][number] & { chain: string }>();
    const files = chainOf({ certs: [issued], chain: issued.chain });
    return { serial: issued.serial, text: await openssl.text(issued.cert_pem), chain: files };
  }

  it('a short-lived leaf names no place to ask, and says so', async () => {
    const minted = await product.mint(customer, [await openssl.csr({ san: 'DNS:a.example' })], '1h');
    const text = await openssl.text(minted.certs[0]?.cert_pem ?? '');
    expect(text).not.toMatch(/OCSP - URI|CRL Distribution Points/);
    expect(text).toContain('CA Issuers - URI');
    expect(text).toMatch(/2\.5\.29\.56|No Revocation Available/);
    await openssl.verify(minted);
  }, 60_000);

  const linters = ['lint_crl', 'lint_ocsp_response', 'zlint'].every((tool) => requireTool(tool, howToGet));
  (linters ? it : it.skip)(
    'leaves pkilint and zlint nothing to find',
    async () => {
      for (const [name, type] of [
        ['intermediate.crl', 'CRL'],
        ['intermediate.delta.crl', 'CRL'],
        ['root.crl', 'ARL'],
        ['root.delta.crl', 'ARL'],
      ] as const) {
        const file = await parties.download(name);
        expect([
          name,
          await run('lint_crl', ['lint', '-t', type, '-p', 'PKIX', '-s', 'WARNING', file]),
        ]).toEqual([name, expect.stringMatching(/^\s*$/)]);
        const pem = join(openssl.folder, `${name}.pem`);
        writeFileSync(pem, await run('openssl', ['crl', '-inform', 'DER', '-in', file]));
        const results: Record<string, { result: string }> = JSON.parse(
          await run('zlint', ['-includeSources', 'RFC5280', pem]),
        );
        const found = Object.entries(results).filter(
          ([, { result }]) => !['pass', 'NA', 'NE'].includes(result),
        );
        expect([name, found]).toEqual([name, []]);
      }
      const response = join(openssl.folder, 'response.der');
      for (const flags of [['-no_nonce'], ['-sha256']]) {
        await parties.opensslOcsp(...flags, '-respout', response);
        expect(await run('lint_ocsp_response', ['lint', '-s', 'WARNING', response])).toMatch(/^\s*$/);
      }
    },
    120_000,
  );
});
