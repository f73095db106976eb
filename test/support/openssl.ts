import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Minted } from './product.js';

const run = promisify(execFile);

/** Arguments of `openssl genpkey` for each kind of leaf key that customers may bring. */
export const keyKinds = {
  'P-256': [
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-pkeyopt',
    'ec_param_enc:named_curve',
  ],
  'P-384': [
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-384',
    '-pkeyopt',
    'ec_param_enc:named_curve',
  ],
  'P-521': [
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-521',
    '-pkeyopt',
    'ec_param_enc:named_curve',
  ],
  'RSA-2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'RSA-3072': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
  'RSA-4096': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:4096'],
  Ed25519: ['-algorithm', 'ED25519'],
} as const;
export type KeyKind = keyof typeof keyKinds;

/** The real openssl in a folder of its own. */
export class Openssl {
  readonly folder = mkdtempSync(join(tmpdir(), 'stackrunner-openssl-'));
  private files = 0;

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file and gives its path. */
  file(name: string, content: string | Uint8Array): string {
    this.files += 1;
    const path = join(this.folder, `${this.files}-${name}`);
    writeFileSync(path, content);
    return path;
  }

  async run(...args: string[]): Promise<string> {
    const { stdout, stderr } = await run('openssl', args);
    return stdout + stderr;
  }

  /** A new key and a request for it, in PEM. `san` as openssl writes it: `DNS:a.example,IP:10.0.0.1`. */
  async csr(
    options: { san?: string; subject?: string; kind?: KeyKind; extensions?: string[] } = {},
  ): Promise<string> {
    const key = this.file('key.pem', '');
    const out = this.file('request.pem', '');
    await this.run('genpkey', ...keyKinds[options.kind ?? 'P-256'], '-out', key);
    const extensions = options.san ? [`subjectAltName=${options.san}`] : [];
    extensions.push(...(options.extensions ?? []));
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const config = this.file('request.cnf', '[req]\ndistinguished_name=dn\n[dn]\n');
    const subject = options.subject ?? '/CN=app.example.internal';
    await this.run('req', '-new', '-config', config, '-key', key, '-subj', subject, ...added, '-out', out);
    return readFileSync(out, 'utf8');
  }

  /** `openssl verify -x509_strict` of every certificate of an answer; throws what openssl says. */
  async verify(minted: Minted): Promise<void> {
    const [intermediate = '', root = ''] = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const trust = [
      '-CAfile',
      this.file('root.pem', root),
      '-untrusted',
      this.file('intermediate.pem', intermediate),
    ];
    for (const { cert_pem } of minted.certs) {
      await this.run('verify', '-x509_strict', ...trust, this.file('leaf.pem', cert_pem));
    }
  }

  /** `openssl x509 -text` of a certificate in PEM. */
  text(pem: string): Promise<string> {
    return this.run('x509', '-noout', '-text', '-in', this.file('certificate.pem', pem));
  }
}
