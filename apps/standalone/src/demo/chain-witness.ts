import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseCertificate, pemDecodeAll, verifyCertificateSignature } from '#libs/x509';

const run = promisify(execFile);

/** Somebody who says whether leaves chain to their root. */
export interface ChainWitness {
  readonly name: string;
  /** @throws Error when one of them does not verify */
  verify(leafPems: readonly string[], chainPem: string): Promise<void>;
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

async function verifyByOpenssl(leafPems: readonly string[], chainPem: string): Promise<void> {
  const [intermediate = '', root = ''] = chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-verify-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const trust = ['-CAfile', file('root.pem', root), '-untrusted', file('intermediate.pem', intermediate)];
    const leaves = leafPems.map((pem, i) => file(`leaf-${i}.pem`, pem));
    await run('openssl', ['verify', '-x509_strict', ...trust, ...leaves]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function verifyBySignatures(leafPems: readonly string[], chainPem: string): Promise<void> {
  const chain = pemDecodeAll(chainPem).map((der) => parseCertificate(der));
  for (const leafPem of leafPems) {
    const path = [...pemDecodeAll(leafPem).map((der) => parseCertificate(der)), ...chain];
    path.forEach((certificate, i) => {
      const issuer = path[i + 1] ?? certificate;
      if (!verifyCertificateSignature(certificate, issuer))
        throw new Error(`certificate ${i} of the chain does not verify`);
    });
  }
}
