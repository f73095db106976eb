import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Openssl } from '../support/openssl.js';
import { type Customer, type Minted, Product } from '../support/product.js';
import { story } from '../support/story.js';

let product: Product;
let openssl: Openssl;

beforeAll(async () => {
  openssl = new Openssl();
  product = await Product.start();
}, 90_000);
afterAll(async () => {
  await product?.stop();
  openssl?.dispose();
}, 30_000);

/** Certificates of a chain in PEM, the intermediate first. */
const split = (pem: string): string[] => pem.match(/-----BEGIN [\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await product.cli(args);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

async function fetched(path: string): Promise<string> {
  const answer = await product.request(path);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
  return answer.text;
}

/** Mints without pause until it is told to stop; every answer is kept, also a refusal. */
function mintOn(
  customer: Customer,
  csr: string,
): { stop(): Promise<void>; answers: Minted[]; failures: string[] } {
  const answers: Minted[] = [];
  const failures: string[] = [];
  let running = true;
  const loops = Array.from({ length: 8 }, async () => {
    while (running) {
      await product.mint(customer, [csr], '1d').then(
        (minted) => answers.push(minted),
        (error: unknown) => failures.push(String(error)),
      );
    }
  });
  const stop = async (): Promise<void> => {
    running = false;
    await Promise.all(loops);
  };
  return { stop, answers, failures };
}

async function waitFor(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

story(
  'an operator rotates a CA under load: no mint fails, and both chains verify',
  async (step) => {
    const customer = await product.customer('turning');
    await ok('customer', 'set-limits', 'turning', '--per-minute', 'unlimited', '--per-month', 'unlimited');
    const csr = await openssl.csr({ san: 'DNS:app.turning.internal' });
    const before = await product.mint(customer, [csr], '7d');

    await step('a dry run says what would be done, and does nothing', async () => {
      const plan = JSON.parse(await ok('ca', 'rotate', 'turning', '--dry-run', '--now', '--json'));
      expect(plan).toMatchObject({
        under_way: false,
        generation: 1,
        next_generation: 2,
        key_name: 'dev-turning-intermediate-g2',
      });
      const years = (Date.parse(plan.due_at) - Date.now()) / (365 * 86_400_000);
      expect(years).toBeCloseTo(335 / 365, 2);
      expect(JSON.parse(await ok('ca', 'rotate', 'turning', '--json')).under_way).toBe(false);
    });

    const load = mintOn(customer, csr);
    await step('the rotation moves minting over', async () => {
      await waitFor('a mint', async () => load.answers.length > 20);
      expect(JSON.parse(await ok('ca', 'rotate', 'turning', '--now', '--json')).under_way).toBe(true);
      const isSecond = async () => (load.answers.at(-1)?.chain ?? before.chain) !== before.chain;
      await waitFor('a mint with the second intermediate', isSecond);
      const after = load.answers.length + 50;
      await waitFor('more mints', async () => load.answers.length > after);
      await load.stop();
    });

    await step('no mint has failed', () => expect(load.failures).toEqual([]));

    await step('every certificate verifies with the chain that it came with', async () => {
      const chains = [...new Set(load.answers.map(({ chain }) => chain))];
      expect(chains).toHaveLength(2);
      for (const chain of chains) {
        const certs = load.answers.filter((each) => each.chain === chain).flatMap((each) => each.certs);
        const [first] = certs;
        if (first) await openssl.verify({ version: 'v1', chain, certs: [first, ...certs.slice(-2)] });
      }
      await openssl.verify(before);
    });

    await step('both chains are public, and each leaf says where its issuer is', async () => {
      const [first, second] = [before, load.answers.at(-1)];
      expect(await fetched('/pki/turning/ca/chain-g1.pem')).toBe(first.chain);
      expect(await fetched('/pki/turning/ca/chain-g2.pem')).toBe(second?.chain);
      expect(await fetched('/pki/turning/ca/chain.pem')).toBe(second?.chain);
      expect((await product.request('/pki/turning/ca/chain-g3.pem')).status).toBe(404);
      for (const [minted, generation] of [[first, 1] as const, [second, 2] as const]) {
        const text = await openssl.text(minted?.certs[0]?.cert_pem ?? '');
        expect(text).toContain(`/pki/turning/ca/intermediate-g${generation}.der`);
      }
      const [, rootOld] = split(first.chain);
      const [intermediate = '', rootNew] = split(second?.chain ?? '');
      expect(rootNew).toBe(rootOld);
      expect(await openssl.text(intermediate)).toMatch(
        /Subject: O ?= ?turning, CN ?= ?turning Intermediate CA G2/,
      );
    });

    await step('the transcript shows it, verifies offline, and breaks when it is touched', async () => {
      const file = openssl.file('transcript.json', '');
      const page = openssl.file('transcript.html', '');
      expect(await ok('ceremony', 'show', 'turning', '--out', file, '--html', page)).toContain(
        'enable_root_key',
      );
      expect(await ok('ceremony', 'verify', file)).toContain('is whole: 16 entries');
      expect(readFileSync(page, 'utf8')).toContain('dev-turning-intermediate-g2');

      const text = readFileSync(file, 'utf8');
      for (const [what, touched] of [
        ['a changed fact', text.replace('\\"state\\": \\"disabled\\"', '\\"state\\": \\"enabled\\"')],
        ['another asker', text.replace('operator, request', 'nobody, request')],
      ] as const) {
        expect(touched).not.toBe(text);
        const broken = await product.cli(['ceremony', 'verify', openssl.file('broken.json', touched)]);
        expect([what, broken.code]).toEqual([what, 1]);
        expect(broken.stderr).toContain('does not have the hash');
      }
      const cut = JSON.parse(text);
      const head = cut.entries.at(-1).sha256;
      cut.entries.splice(3, 1);
      const gap = openssl.file('gap.json', JSON.stringify(cut));
      expect((await product.cli(['ceremony', 'verify', gap])).stderr).toContain('does not follow');
      cut.entries = JSON.parse(text).entries.slice(0, 9);
      const short = openssl.file('short.json', JSON.stringify(cut));
      expect((await product.cli(['ceremony', 'verify', short, '--head', head])).code).toBe(1);
    });
  },
  120_000,
);

/** A customer's own offline root, as openssl makes one. */
function offlineRoot(): { sign(csr: string, extensions?: string): string; root: string } {
  const run = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const path = (name: string) => join(openssl.folder, name);
  run(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-days', '3650'],
    ...['-keyout', path('own.key'), '-out', path('own.pem'), '-subj', '/O=Own/CN=Own Root'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  const usual = 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n';
  return {
    root: readFileSync(path('own.pem'), 'utf8'),
    sign(csr, extensions = usual) {
      const identifiers = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';
      writeFileSync(path('own.ext'), extensions + identifiers);
      run(
        ...['x509', '-req', '-in', csr, '-CA', path('own.pem'), '-CAkey', path('own.key'), '-days', '700'],
        ...['-sha384', '-extfile', path('own.ext'), '-out', path('signed.pem')],
      );
      return readFileSync(path('signed.pem'), 'utf8');
    },
  };
}

story(
  'a customer keeps its own offline root: a request out, a certificate in',
  async (step) => {
    const own = offlineRoot();
    const created = JSON.parse(await ok('customer', 'create', 'sovereign', '--external-root', '--json'));
    expect(created).toMatchObject({ status: 'provisioning', external_root: true });
    const request = openssl.file('sovereign.csr', '');

    await step('the request is the same however often it is asked for', async () => {
      await ok('ca', 'csr', 'sovereign', '--out', request);
      expect(await ok('ca', 'csr', 'sovereign')).toBe(readFileSync(request, 'utf8'));
      expect(await openssl.run('req', '-in', request, '-noout', '-verify', '-subject')).toContain(
        'sovereign Intermediate CA',
      );
    });

    await step('what is not right is refused, with the reason', async () => {
      const good = own.sign(request);
      const refused = async (pem: string): Promise<string> => {
        const file = openssl.file('refused.pem', pem);
        const { code, stderr } = await product.cli(['ca', 'import', 'sovereign', '--cert', file]);
        expect(code).toBe(1);
        return stderr;
      };
      expect(await refused(good)).toContain('exactly two certificates');
      expect(await refused(own.root + good)).toContain('not a self-signed root');
      const leaf = 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n';
      expect(await refused(own.sign(request, leaf) + own.root)).toContain('bad_certificate');
      const deep = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
      expect(await refused(own.sign(request, deep) + own.root)).toContain('path length');
      const other = await openssl.csr({ subject: '/O=sovereign/CN=sovereign Intermediate CA' });
      expect(await refused(own.sign(openssl.file('other.csr', other)) + own.root)).toContain('public key');
    });

    await step('what is right is imported, mints, and verifies under the own root', async () => {
      const chain = openssl.file('chain.pem', own.sign(request) + own.root);
      await ok('ca', 'import', 'sovereign', '--cert', chain);
      await waitFor('an active customer', async () => {
        return JSON.parse(await ok('customer', 'show', 'sovereign', '--json')).status === 'active';
      });
      const minted = await product.mint(created, [await openssl.csr({ san: 'DNS:a.example' })], '1d');
      await openssl.verify(minted);
      expect(split(minted.chain)[1]).toBe(own.root);
      expect(await fetched('/pki/sovereign/ca/root.pem')).toBe(own.root);
    });

    await step('its transcript is whole, and a rotation points to the own root', async () => {
      const file = openssl.file('sovereign.json', '');
      await ok('ceremony', 'show', 'sovereign', '--out', file);
      expect(await ok('ceremony', 'verify', file)).toContain('is whole: 5 entries');
      const refused = await product.cli(['ca', 'rotate', 'sovereign', '--now']);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('ca csr sovereign')]);
    });
  },
  120_000,
);
