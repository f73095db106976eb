import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '#libs/testing';
import { parseCsr } from '../csr/parse-csr.js';
import { verifyCsr } from '../csr/verify-csr.js';
import { pemEncode } from '../pem/pem.js';
import { randomSerial } from '../random/random.js';
import { buildCsr, dns, email, extensionRequest, ip, san, testKey, uri } from '../testing/csr-builder.js';
import { type CaAlgorithm, type TestAuthority, testAuthority, testNow } from '../testing/test-authority.js';
import { LeafTemplate } from './leaf-template.js';
import { noNameConstraints } from './name-constraints.js';

const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;
const withZlint = requireTool('zlint', 'go install github.com/zmap/zlint/v3/cmd/zlint@v3.7.3') ? it : it.skip;

const leafKinds = ['P-256', 'P-384', 'P-521', 'RSA', 'RSA-3072', 'RSA-4096', 'Ed25519'] as const;
const nameConstraints = {
  ...noNameConstraints,
  permittedDns: ['example', 'test.leaf.example'],
  permittedIp: ['10.0.0.0/8', '2001:db8::/32'],
  permittedEmail: ['.example'],
  permittedUri: ['.uri.example'],
  excludedDns: ['secret.example'],
  excludedIp: ['10.9.0.0/16'],
};

/** Other programs' judgement on what this library writes. */
describe.each<CaAlgorithm>(['P-256', 'P-384', 'RSA'])('certificates of a CA with %s', (caKind) => {
  const folder = mkdtempSync(join(tmpdir(), 'x509-witness-'));
  const authority = testAuthority(caKind, nameConstraints);
  const file = (name: string): string => join(folder, `${name}.pem`);
  const leaves: string[] = [];

  beforeAll(() => {
    writeFileSync(file('root'), pemEncode('CERTIFICATE', authority.rootDer));
    writeFileSync(file('intermediate'), pemEncode('CERTIFICATE', authority.intermediateDer));
    for (const kind of leafKinds) {
      const names = [dns('app.example'), dns('*.app.example'), ip(10, 1, 2, 3), email('a@b.example')];
      const csr = buildCsr({
        key: testKey(kind),
        attributes: [extensionRequest(san(...names, uri('spiffe://a.uri.example/b')))],
      });
      writeLeaf(kind, csr);
      writeLeaf(`${kind}-no-name`, buildCsr({ key: testKey(kind) }));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  withOpenssl('pass openssl verify -x509_strict, name constraints included', () => {
    const chain = ['-x509_strict', '-CAfile', file('root'), '-untrusted', file('intermediate')];
    for (const purpose of ['sslserver', 'sslclient']) {
      const output = execFileSync('openssl', ['verify', ...chain, '-purpose', purpose, ...leaves], {
        encoding: 'utf8',
      });
      expect(output.trim().split('\n')).toEqual(leaves.map((leaf) => `${leaf}: OK`));
    }
  });

  withOpenssl('read in openssl as what they are', () => {
    const text = (name: string): string =>
      execFileSync('openssl', ['x509', '-in', file(name), '-noout', '-text'], { encoding: 'utf8' });
    expect(text('P-256')).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text('RSA')).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
    expect(text('Ed25519')).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text('Ed25519')).toMatch(/TLS Web Server Authentication, TLS Web Client Authentication/);
    expect(text('P-521')).toMatch(
      /DNS:app\.example, DNS:\*\.app\.example, IP Address:10\.1\.2\.3, email:a@b\.example, URI:spiffe:\/\/a\.uri\.example\/b/,
    );
    expect(text('P-384-no-name')).toMatch(/Subject Alternative Name: \n\s+DNS:test\.leaf\.example\n/);
    expect(text('intermediate')).toMatch(/CA:TRUE, pathlen:0/);
    expect(text('intermediate')).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:example\n/);
    expect(text('root')).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    for (const name of ['root', 'intermediate', 'P-256']) {
      expect(() => execFileSync('openssl', ['asn1parse', '-in', file(name), '-noout'])).not.toThrow();
    }
  });

  withZlint(
    'give zlint nothing to find',
    () => {
      const sources = 'RFC3279,RFC5280,RFC5480,RFC5891,RFC8813';
      const files = [file('root'), file('intermediate'), ...leaves];
      const { stdout, status } = spawnSync('zlint', ['-includeSources', sources, ...files], {
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      const reports = stdout.trim().split('\n');
      expect(reports).toHaveLength(files.length);
      for (const [index, report] of reports.entries()) {
        const results: Record<string, { result: string }> = JSON.parse(report);
        const found = Object.entries(results).filter(
          ([, { result }]) => !['pass', 'NA', 'NE'].includes(result),
        );
        expect([files[index], found]).toEqual([files[index], []]);
      }
    },
    30_000,
  );

  function writeLeaf(name: string, request: Buffer): void {
    const csr = parseCsr(request);
    verifyCsr(csr);
    const tbs = templateOf(authority).tbs(csr, randomSerial(), testNow - 60_000, testNow + 86_400_000);
    writeFileSync(file(name), pemEncode('CERTIFICATE', authority.issue(tbs)));
    leaves.push(file(name));
  }
});

function templateOf({ intermediateDer, signatureAlgorithm }: TestAuthority): LeafTemplate {
  return new LeafTemplate({
    certificateDer: intermediateDer,
    subjectCommonName: 'test.leaf.example',
    crlUrls: ['http://pki.example/test/intermediate.crl'],
    ocspUrl: 'http://pki.example/test/ocsp',
    caIssuersUrl: 'http://pki.example/test/ca/intermediate.der',
    signatureAlgorithm,
  });
}
