import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { requireTool } from '#libs/testing';
import { pemBlocks } from './der.js';
import { makeP256Key } from './p256-key.js';
import { pkcs12 } from './pkcs12.js';

jest.setTimeout(60_000);

const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;
const withKeytool = requireTool('keytool', 'apt-get install default-jre-headless') ? it : it.skip;
const withNss = requireTool('pk12util', 'apt-get install libnss3-tools') ? it : it.skip;

const password = `correct horse "battery' $taple 12`;
let folder: string;
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8' });

/** A key as the page makes it, a certificate for it, and the file. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stackrunner-pkcs12-'));
  const key = await makeP256Key('acme.leaf.example');
  writeFileSync(join(folder, 'leaf.csr'), key.csrPem);
  const ca = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9'];
  run('openssl', ...ca, '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  run(
    'openssl',
    'x509',
    '-req',
    '-in',
    'leaf.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-days',
    '9',
    '-out',
    'leaf.pem',
  );
  const certificates = pemBlocks(read('leaf.pem') + read('ca.pem'));
  const privateKey = await key.exportPkcs8();
  writeFileSync(
    join(folder, 'leaf.p12'),
    await pkcs12({ privateKey, certificates, friendlyName: 'acme', password }),
  );
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('a PKCS#12 file of the birth certificate page', () => {
  withOpenssl('proves with its request that the key is there', () => {
    expect(run('openssl', 'req', '-in', 'leaf.csr', '-noout', '-verify', '-subject')).toContain(
      'CN = acme.leaf.example',
    );
  });

  withOpenssl('opens with openssl, encrypted with AES throughout', () => {
    const info = execFileSync(
      'sh',
      ['-c', 'openssl pkcs12 -in leaf.p12 -passin env:PASSWORD -info -nodes 2>&1'],
      {
        ...{ cwd: folder, encoding: 'utf8', env: { ...process.env, PASSWORD: password } },
      },
    );
    expect(info.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/g)).toHaveLength(2);
    expect(info).toContain('MAC: sha256, Iteration 2048');
    expect(info.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    writeFileSync(
      join(folder, 'key.pem'),
      /-----BEGIN PRIVATE KEY[\s\S]+END PRIVATE KEY-----\n/.exec(info)?.[0] ?? '',
    );
    const fromKey = run('openssl', 'pkey', '-in', 'key.pem', '-pubout');
    expect(fromKey).toBe(run('openssl', 'x509', '-in', 'leaf.pem', '-noout', '-pubkey'));
  });

  withOpenssl('stays shut with another password', () => {
    expect(() => run('openssl', 'pkcs12', '-in', 'leaf.p12', '-passin', 'pass:wrong', '-nodes')).toThrow();
  });

  withKeytool('imports into a Java key store', () => {
    const stores = ['-srckeystore', 'leaf.p12', '-srcstoretype', 'PKCS12', '-srcstorepass', password];
    const target = ['-destkeystore', 'java.p12', '-deststoretype', 'PKCS12', '-deststorepass', 'changeit'];
    run('keytool', '-importkeystore', '-noprompt', ...stores, ...target);
    const listed = run('keytool', '-list', '-v', '-keystore', 'java.p12', '-storepass', 'changeit');
    expect(listed).toMatch(/PrivateKeyEntry/);
    expect(listed).toMatch(/Certificate chain length: 2/);
  });

  withNss('imports into the store of Firefox', () => {
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'password'), password);
    run('certutil', '-N', '-d', 'sql:.', '--empty-password');
    run('pk12util', '-i', 'leaf.p12', '-d', 'sql:.', '-w', 'password', '-k', 'empty');
    expect(run('certutil', '-K', '-d', 'sql:.')).toContain('acme');
    expect(run('certutil', '-L', '-d', 'sql:.')).toMatch(/acme\s+u,u,u/);
  });
});
