import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '#libs/testing';
import { keyAlgorithmNames } from '../key/key-algorithm.js';
import { csrFromPem, pemEncode } from '../pem/pem.js';
import { refusal } from '../testing/refusal.js';
import { rsaTestKeys } from '../testing/rsa-test-keys.js';
import { createCsr } from './create-csr.js';
import { parseCsr } from './parse-csr.js';

const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;

describe('requests between openssl and us', () => {
  const folder = mkdtempSync(join(tmpdir(), 'csr-witness-'));
  const key = join(folder, 'key.pem');
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const request = (...args: string[]): string =>
    openssl('req', '-new', '-key', key, '-subj', '/O=Bücher & Co/CN=app.example', '-utf8', ...args);
  const makeEcKey = (curve: string): string =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', key);

  afterAll(() => rmSync(folder, { recursive: true }));

  withOpenssl.each(['P-256', 'P-384', 'P-521', 'Ed25519', 'RSA-2048', 'RSA-4096'])(
    'openssl asks with %s',
    (kind) => {
      if (kind === 'Ed25519') openssl('genpkey', '-algorithm', 'ED25519', '-out', key);
      else if (kind.startsWith('P-')) makeEcKey(kind);
      else writeFileSync(key, rsaTestKeys[kind === 'RSA-2048' ? 2048 : 4096]);
      const names =
        'subjectAltName=DNS:app.example,DNS:*.app.example,IP:10.0.0.1,IP:2001:db8::1,email:a@b.example,URI:spiffe://b.example/c';
      for (const extra of [
        [],
        ['-newhdr'],
        ['-addext', names],
        [
          '-addext',
          names,
          '-addext',
          'basicConstraints=critical,CA:FALSE',
          '-addext',
          'keyUsage=critical,digitalSignature',
        ],
        ['-addext', 'extendedKeyUsage=serverAuth,clientAuth', '-addext', 'tlsfeature=status_request'],
        kind === 'Ed25519' ? [] : ['-sha512'],
        kind.startsWith('RSA')
          ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1', '-sha256']
          : [],
      ]) {
        const der = csrFromPem(request(...extra));
        expect(refusal(der)).toBeUndefined();
        expect(parseCsr(der).subjectAltNames).toHaveLength(extra.includes(names) ? 6 : 0);
      }
    },
  );

  withOpenssl('openssl asks for what is refused', () => {
    makeEcKey('P-256');
    const reason = (...args: string[]): string | undefined => refusal(csrFromPem(request(...args)));
    expect(reason('-addext', 'basicConstraints=CA:TRUE')).toMatch(/CA certificate/);
    expect(reason('-addext', 'keyUsage=keyCertSign')).toMatch(/keyCertSign/);
    expect(reason('-addext', 'subjectAltName=otherName:1.2.3;UTF8:x')).toMatch(/otherName/);
    expect(reason('-addext', 'subjectAltName=DNS:a_b.example')).toMatch(/underscore/);
    expect(reason('-addext', '1.2.3.4=critical,ASN1:NULL')).toMatch(/critical/);
    expect(reason('-sha1')).toMatch(/SHA-1/);
    makeEcKey('secp256k1');
    expect(reason()).toMatch(/curve 1\.3\.132\.0\.10 is not supported/);
    openssl(
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-pkeyopt',
      'ec_param_enc:explicit',
      '-out',
      key,
    );
    expect(reason()).toMatch(/name its curve/);
    openssl('genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key);
    expect(reason()).toMatch(/not supported/);
  });

  withOpenssl.each(keyAlgorithmNames)('openssl verifies what we ask with %s', (algorithm) => {
    const file = join(folder, 'ours.pem');
    writeFileSync(
      file,
      pemEncode(
        'CERTIFICATE REQUEST',
        createCsr({ algorithm, commonName: 'a', dnsNames: ['a.example'] }).csrDer,
      ),
    );
    expect(openssl('req', '-in', file, '-verify', '-noout', '-text')).toContain('DNS:a.example');
  });
});
