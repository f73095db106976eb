import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Openssl } from '../support/openssl.js';
import { type Minted, Product, type Refusal } from '../support/product.js';
import { story } from '../support/story.js';

describe('a first day with standalone', () => {
  let product: Product;
  const openssl = new Openssl();

  beforeAll(async () => {
    product = await Product.start();
  }, 90_000);
  afterAll(async () => {
    openssl.dispose();
    await product?.stop();
  }, 30_000);

  it('runs the demo, prints the bearer once and three curl lines', () => {
    expect(product.printed).toMatch(/mint one .*serial [0-9a-f]+/);
    expect(product.printed).toMatch(/mint a batch of ten .*batch demo-#1/);
    expect(product.printed).toMatch(/verify every chain .*11 leaves/);
    expect(product.printed).toMatch(/Bearer of demo, shown this once: {2}[A-Za-z0-9_-]{43}\n/);
    expect(product.printed.match(/^ {2}curl -sS /gm)).toHaveLength(3);
    expect(statSync(join(product.dataDir, 'operator.token')).mode & 0o777).toBe(0o600);
  });

  it('prints curl lines that work when pasted', async () => {
    const lines = product.printed.match(/^ {2}curl -sS .*$/gm) ?? [];
    const { execFileSync } = await import('node:child_process');
    const answers = lines.map((line) => execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ version: 'v1', certs: [{}] });
    expect(answers[1]).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(JSON.parse(answers[2] ?? '')).toMatchObject({ status: 'active' });
  });

  story('an operator creates a customer, which mints and is verified by openssl', async (step) => {
    const acme = await step('create acme', () => product.customer('acme'));
    expect(acme).toMatchObject({ handle: 'acme', status: 'active' });
    expect(acme.bearer).toMatch(/^[A-Za-z0-9_-]{43}$/);

    const csrs = await step('make ten requests', () =>
      Promise.all(Array.from({ length: 10 }, (_, i) => openssl.csr({ san: `DNS:app-${i}.acme.internal` }))),
    );
    const before = Math.floor(Date.now() / 1000);
    const minted = await step('mint a batch', () => product.mint(acme, csrs, '7d'));
    const after = Math.ceil(Date.now() / 1000);
    expect(minted).toMatchObject({ version: 'v1', batch_id: 'acme-#1' });
    expect(minted.certs).toHaveLength(10);
    for (const certificate of minted.certs) {
      const issued = Date.parse(certificate.issued_at) / 1000;
      expect(issued).toBeGreaterThanOrEqual(before - 60);
      expect(issued).toBeLessThanOrEqual(after - 60);
      expect(Date.parse(certificate.expires_at) / 1000 - issued).toBe(7 * 86_400 + 60);
    }
    await step('openssl verifies every chain', () => openssl.verify(minted));
    for (const [i, { cert_pem, serial, fingerprint }] of minted.certs.entries()) {
      const text = await openssl.text(cert_pem);
      expect(text).toContain(`DNS:app-${i}.acme.internal`);
      expect(text).toContain('Subject: CN = acme.leaf.stackrunner.localhost');
      const facts = await openssl.run(
        'x509',
        '-noout',
        '-serial',
        '-fingerprint',
        '-sha256',
        '-in',
        openssl.file('c', cert_pem),
      );
      expect(facts.toLowerCase()).toContain(
        `serial=${serial.padStart(serial.length + (serial.length % 2), '0')}`,
      );
      expect(facts.toLowerCase().replaceAll(':', '')).toContain(`fingerprint=${fingerprint}`);
    }

    await step('the published chain is the one that was given', async () => {
      const path = (name: string) => `/pki/acme/ca/${name}`;
      const [chain, intermediate, root] = await Promise.all(
        ['chain.pem', 'intermediate.pem', 'root.pem'].map((name) => product.request(path(name))),
      );
      expect(chain?.text).toBe(minted.chain);
      expect(`${intermediate?.text}${root?.text}`).toBe(minted.chain);
      const etag = chain?.headers.get('etag') ?? '';
      const again = await product.request(path('chain.pem'), { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    });
    await step('the serial is active, however it is written', async () => {
      const serial = minted.certs[0]?.serial ?? '';
      const colons = serial.toUpperCase().match(/../g)?.join(':') ?? '';
      for (const form of [serial, serial.toUpperCase(), `00${serial}`, colons]) {
        const answer = await product.request(`/pki/acme/cert/${form}`);
        expect(answer.json()).toMatchObject({ status: 'active' });
      }
    });
  });

  story('the quickstart: raw PEM to /<ttl>/<handle>/mint', async (step) => {
    const quick = await step('create quick', () => product.customer('quick'));
    const csr = await openssl.csr({ subject: '/CN=quick.leaf.example' });
    const answer = await step('mint', () =>
      product.request('/7d/quick/mint', {
        bearer: quick.bearer,
        body: csr,
        headers: { 'content-type': 'application/x-pem-file' },
      }),
    );
    expect(answer.status).toBe(200);
    const minted = answer.json<Minted>();
    expect(minted.batch_id).toBeUndefined();
    await step('openssl verifies it', () => openssl.verify(minted));
    expect(await openssl.text(minted.certs[0]?.cert_pem ?? '')).toContain(
      'DNS:quick.leaf.stackrunner.localhost',
    );
  });

  story('one bad request among many spends nothing', async (step) => {
    const bad = await step('create bad', () => product.customer('bad'));
    const good = await openssl.csr({ san: 'DNS:a.bad.internal' });
    const weak = await openssl.csr({
      san: 'DNS:b.bad.internal',
      extensions: ['basicConstraints=critical,CA:TRUE'],
    });
    const refused = await step('mint', () =>
      product.request('/bad/mint', {
        bearer: bad.bearer,
        body: { version: 'v1', csr_pems: [good, weak, good, 'nonsense'], ttl: '1h' },
      }),
    );
    expect(refused.status).toBe(400);
    const { error } = refused.json<Refusal>();
    expect(error.code).toBe('issue_failed');
    expect(error.failures).toMatchObject([{ index: 1 }, { index: 3 }]);
    const minted = await step('the next batch is number 1', () => product.mint(bad, [good, good], '1h'));
    expect(minted.batch_id).toBe('bad-#1');
    const shown = JSON.parse((await product.cli(['customer', 'show', 'bad', '--json'])).stdout);
    expect(shown.used.this_month).toBe(2);
  });

  story('an idempotency key gives one issuance', async (step) => {
    const twice = await step('create twice', () => product.customer('twice'));
    const csr = await openssl.csr({ san: 'DNS:a.twice.internal' });
    const other = await openssl.csr({ san: 'DNS:b.twice.internal' });
    const mint = (pem: string) =>
      product.request('/1d/twice/mint', {
        bearer: twice.bearer,
        body: { version: 'v1', csr_pems: [pem] },
        headers: { 'idempotency-key': 'order-1' },
      });
    const twins = await step('two at once', () => Promise.all([mint(csr), mint(csr)]));
    expect(twins.map(({ status }) => status)).toEqual([200, 200]);
    expect(twins[0]?.json()).toEqual(twins[1]?.json());
    expect((await mint(csr)).json()).toEqual(twins[0]?.json());
    const reused = await mint(other);
    expect([reused.status, reused.json<Refusal>().error.code]).toEqual([409, 'idempotency_key_reused']);
  });

  story('limits are exact, and an operator lifts them', async (step) => {
    const busy = await step('create busy', () => product.customer('busy'));
    await step('ten a minute, twelve a month', () =>
      product.cli(['customer', 'set-limits', 'busy', '--per-minute', '10', '--per-month', '12']),
    );
    const csr = await openssl.csr({ san: 'DNS:a.busy.internal' });
    const mint = () =>
      product.request('/1h/busy/mint', { bearer: busy.bearer, body: { version: 'v1', csr_pems: [csr] } });
    const answers = await step('thirty at once', () => Promise.all(Array.from({ length: 30 }, mint)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.json<Refusal>().error.code).toBe('rate_limited');
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    await step('no limit a minute', () =>
      product.cli(['customer', 'set-limits', 'busy', '--per-minute', 'unlimited']),
    );
    const more = await step('ten more', () => Promise.all(Array.from({ length: 10 }, mint)));
    expect(more.filter(({ status }) => status === 200)).toHaveLength(2);
    const spent = more.find(({ status }) => status === 403)?.json<Refusal>().error;
    expect(spent).toMatchObject({ code: 'quota_exceeded', limit: 12, used: 12 });
    expect(Date.parse(String(spent?.resets_at))).toBeGreaterThan(Date.now());
  });

  story('suspend, resume, rotate', async (step) => {
    const paused = await step('create paused', () => product.customer('paused'));
    const csr = await openssl.csr({ san: 'DNS:a.paused.internal' });
    const status = async (bearer: string) =>
      (await product.request('/1h/paused/mint', { bearer, body: { version: 'v1', csr_pems: [csr] } })).status;
    await step('suspend', () => product.cli(['customer', 'suspend', 'paused']));
    expect(await status(paused.bearer)).toBe(503);
    await step('resume', () => product.cli(['customer', 'resume', 'paused']));
    expect(await status(paused.bearer)).toBe(200);
    const rotated = await step('rotate', () =>
      product.cli(['customer', 'rotate-bearer', 'paused', '--json']),
    );
    expect(await status(paused.bearer)).toBe(401);
    expect(await status(JSON.parse(rotated.stdout).bearer)).toBe(200);
  });

  story('the command line mints to files', async (step) => {
    const files = await step('create files', () => product.customer('files'));
    const csr = await openssl.csr({ san: 'DNS:a.files.internal' });
    const request = join(openssl.folder, 'web.csr');
    writeFileSync(request, csr);
    const out = join(openssl.folder, 'out');
    const result = await step('mint', () =>
      product.cli(['mint', 'files', '--csr', request, '--ttl', '7d', '--out', out], {
        STACKRUNNER_BEARER: files.bearer,
      }),
    );
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(join(out, 'web.crt'), 'utf8')).toMatch(/BEGIN CERTIFICATE/);
    expect(readFileSync(join(out, 'chain.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it('answers on the gateway port whether it is alive and ready', async () => {
    expect((await product.request('/health')).status).toBe(200);
    expect((await product.request('/ready')).status).toBe(200);
  });
});
