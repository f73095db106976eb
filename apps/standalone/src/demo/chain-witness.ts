import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseCertificate, pemDecodeAll, verifyCertificateSignature } from '#libs/x509';

const run = promisify(execFile);

/** Somebody who says whether a leaf chains to its root. */
export interface ChainWitness {
  readonly name: string;
  /** @throws Error when the chain does not verify */
  verify(leafPem: string, chainPem: string): Promise<void>;
}

/** openssl where the machine has it: an independent judge. Otherwise our own reading of the chain. */
export async function chainWitness(): Promise<ChainWitness> {
  try {
    const { stdout } = await run('openssl', ['version']);
    return { name: stdout.trim().split(' ').slice(0, 2).join(' '), verify: verifyByOpenssl };
  } catch {
    return { name: 'signature checks (openssl is not on this machine)', verify: verifyBySignatures };
  }
}

async function verifyByOpenssl(leafPem: string, chainPem: string): Promise<void> {
  const [intermediate = '', root = ''] = chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-verify-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const trust = ['-CAfile', file('root.pem', root), '-untrusted', file('intermediate.pem', intermediate)];
    await run('openssl', ['verify', '-x509_strict', ...trust, file('leaf.pem', leafPem)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function verifyBySignatures(leafPem: string, chainPem: string): Promise<void> {
  const path = [...pemDecodeAll(leafPem), ...pemDecodeAll(chainPem)].map((der) => parseCertificate(der));
  path.forEach((certificate, i) => {
    const issuer = path[i + 1] ?? certificate;
    if (!verifyCertificateSignature(certificate, issuer))
      throw new Error(`certificate ${i} of the chain does not verify`);
  });
}
