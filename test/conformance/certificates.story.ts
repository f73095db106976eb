import { spawnSync } from 'node:child_process';
import { type KeyKind, keyKinds, Openssl } from '../support/openssl.js';
import { type Customer, Product } from '../support/product.js';

/** The sources of lints that are about any certificate, not about the public web PKI. */
const sources = 'RFC3279,RFC5280,RFC5480,RFC5891,RFC8813';
const authorities = {
  'P-256 under P-384': [],
  'P-384': ['--root-algorithm', 'P-384', '--intermediate-algorithm', 'P-384'],
  'RSA-2048 under RSA-3072': ['--root-algorithm', 'RSA-3072', '--intermediate-algorithm', 'RSA-2048'],
  'RSA-4096': ['--root-algorithm', 'RSA-4096', '--intermediate-algorithm', 'RSA-4096'],
} as const;

function zlint(pem: string): string[] {
  const result = spawnSync('zlint', ['-includeSources', sources], { input: pem, encoding: 'utf8' });
  if (result.error) {
    throw new Error('zlint is not on the PATH; npm test builds it where Go is installed', {
      cause: result.error,
    });
  }
  const findings = JSON.parse(result.stdout) as Record<string, { result: string }>;
  return Object.entries(findings)
    .filter(([, { result }]) => !['pass', 'NA', 'NE'].includes(result))
    .map(([lint, { result }]) => `${lint}: ${result}`);
}

const hasZlint = spawnSync('zlint', ['-version']).error === undefined;
/** A missing witness is a failure in CI and a skipped test elsewhere. */
const itWithZlint = hasZlint || process.env.CI ? it : it.skip;

describe.each(Object.entries(authorities))('certificates of a customer with %s', (name, flags) => {
  const openssl = new Openssl();
  let product: Product;
  let customer: Customer;

  beforeAll(async () => {
    product = await Product.start();
    customer = await product.customer(`c-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, ...flags);
  }, 120_000);
  afterAll(async () => {
    openssl.dispose();
    await product?.stop();
  }, 30_000);

  itWithZlint(
    'satisfy openssl -x509_strict and zlint for every kind of leaf key',
    async () => {
      const kinds = Object.keys(keyKinds) as KeyKind[];
      const san =
        'DNS:a.example.com,DNS:*.example.com,IP:192.0.2.7,IP:2001:db8::7,email:a@example.com,URI:spiffe://example.com/a';
      const csrs = await Promise.all(kinds.map((kind) => openssl.csr({ kind, san })));
      const minted = await product.mint(customer, csrs, '90d');
      await openssl.verify(minted);
      const chain = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((pem) => pem !== '');
      expect(chain).toHaveLength(2);
      for (const pem of [...minted.certs.map(({ cert_pem }) => cert_pem), ...chain]) {
        expect(zlint(pem)).toEqual([]);
      }
    },
    120_000,
  );
});
