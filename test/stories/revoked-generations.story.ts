import { setTimeout as sleep } from 'node:timers/promises';
import { Openssl } from '../support/openssl.js';
import { type Customer, type Minted, Product } from '../support/product.js';
import { type Chain, RelyingParties, run } from '../support/relying-parties.js';
import { story } from '../support/story.js';

describe.each(['standalone', 'services'] as const)('two generations of a CA in %s', (mode) => {
  const openssl = new Openssl();
  let product: Product;

  beforeAll(async () => {
    product = await Product.start({ mode });
  }, 90_000);
  afterAll(async () => {
    await product?.stop();
    openssl.dispose();
  }, 30_000);

  /** A leaf with its chain, as files. */
  function filesOf(minted: Minted): Chain {
    const [intermediate = '', root = ''] = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    return {
      leaf: openssl.file('leaf.pem', minted.certs[0]?.cert_pem ?? ''),
      key: '',
      intermediate: openssl.file('intermediate.pem', intermediate),
      root: openssl.file('root.pem', root),
    };
  }

  /** The CRL that a certificate names, in PEM. */
  async function crlOf(certificate: string): Promise<string> {
    const text = await run('openssl', [
      'x509',
      '-in',
      certificate,
      '-noout',
      '-ext',
      'crlDistributionPoints',
    ]);
    const response = await fetch(/URI:(\S+)/.exec(text)?.[1] ?? '');
    if (!response.ok) throw new Error(`a CRL answered ${response.status}`);
    const der = openssl.file('crl.der', Buffer.from(await response.arrayBuffer()));
    return run('openssl', ['crl', '-inform', 'DER', '-in', der]);
  }

  /** What `openssl verify` says with the CRLs that leaf and intermediate name. */
  async function verified({ leaf, intermediate, root }: Chain): Promise<string> {
    const crls = openssl.file('crls.pem', (await crlOf(leaf)) + (await crlOf(intermediate)));
    const trust = ['-CAfile', root, '-untrusted', intermediate, '-CRLfile', crls];
    return run('openssl', ['verify', '-x509_strict', '-crl_check_all', ...trust, leaf]);
  }

  const asked = (chain: Chain) => new RelyingParties(openssl.folder, chain, '').opensslOcsp('-no_nonce');
  const serialOf = async (certificate: string) =>
    (await run('openssl', ['x509', '-in', certificate, '-noout', '-serial'])).trim().split('=')[1] ?? '';

  async function revoke(customer: Customer, serial: string, reason: string): Promise<void> {
    const { code, stderr } = await product.cli(['revoke', customer.handle, serial, '--reason', reason]);
    if (code !== 0) throw new Error(`revoke ended with ${code}: ${stderr}`);
  }

  story(
    'after a rotation, certificates of both generations are revoked, and then the first intermediate',
    async (step) => {
      const customer = await product.customer('turned');
      const csr = await openssl.csr({ san: 'DNS:app.turned.internal' });
      const mint = () => product.mint(customer, [csr], '7d');
      const one = await mint();
      const first = { revoked: filesOf(one), kept: filesOf(await mint()) };

      await step('the CA is rotated', async () => {
        expect((await product.cli(['ca', 'rotate', 'turned', '--now'])).code).toBe(0);
        await waitUntil('the second generation', async () => (await mint()).chain !== one.chain);
      });
      const second = { revoked: filesOf(await mint()), kept: filesOf(await mint()) };
      const four = [first.revoked, first.kept, second.revoked, second.kept];

      await step('each leaf names the CRL and the certificate of its own generation', async () => {
        for (const [chain, names] of [
          [first.kept, ['/pki/turned/intermediate.crl', '/pki/turned/ca/intermediate-g1.der']],
          [second.kept, ['/pki/turned/intermediate-g2.crl', '/pki/turned/ca/intermediate-g2.der']],
        ] as const) {
          const text = await run('openssl', ['x509', '-in', chain.leaf, '-noout', '-text']);
          for (const name of names) expect(text).toContain(`URI:${product.origin}${name}\n`);
          const response = await fetch(product.origin + names[1]);
          const der = openssl.file('issuer.der', Buffer.from(await response.arrayBuffer()));
          const pem = await run('openssl', ['x509', '-inform', 'DER', '-in', der]);
          const issuer = await run('openssl', ['x509', '-in', chain.intermediate]);
          expect(pem).toBe(issuer);
        }
      });

      await step('all are good, by CRL and by OCSP', async () => {
        for (const chain of four) {
          await waitUntil('a CRL', async () => /: OK/.test(await verified(chain).catch(String)));
          expect(await asked(chain)).toBe('good');
        }
      });

      await step('one of each generation is revoked, and only those', async () => {
        for (const { revoked } of [first, second]) {
          await revoke(customer, await serialOf(revoked.leaf), 'keyCompromise');
          expect(await asked(revoked)).toBe('revoked');
          await waitUntil('a CRL with it', async () => /certificate revoked/.test(await verified(revoked)));
        }
        for (const { kept } of [first, second]) {
          expect(await asked(kept)).toBe('good');
          expect(await verified(kept)).toMatch(/: OK/);
        }
      });

      await step("the first intermediate is revoked by its serial number, in the root's CRL", async () => {
        await revoke(customer, await serialOf(first.kept.intermediate), 'caCompromise');
        await waitUntil("the root's CRL with it", async () =>
          /certificate revoked/.test(await verified(first.kept)),
        );
        const listed = openssl.file('root.crl', await crlOf(first.kept.intermediate));
        const text = await run('openssl', ['crl', '-in', listed, '-noout', '-text']);
        expect(text).toContain(`Serial Number: ${await serialOf(first.kept.intermediate)}`);
        expect(text).toContain('CA Compromise');
        const status = await product.request(`/pki/turned/cert/${await serialOf(first.kept.intermediate)}`);
        expect(status.json()).toMatchObject({ status: 'revoked' });
        expect(await verified(second.kept)).toMatch(/: OK/);
        await product.mint(customer, [await openssl.csr({ san: 'DNS:new.turned.internal' })], '7d');
      });
    },
    150_000,
  );
});

async function waitUntil(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within 30 s`);
    await sleep(100);
  }
}
