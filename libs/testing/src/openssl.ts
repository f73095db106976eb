import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TestKeyType = 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'Ed25519';

export interface TestCsrOptions {
  /** As openssl writes them: `DNS:app.example`, `IP:10.0.0.1`, `email:a@b.example`, `URI:spiffe://x/y`. */
  readonly san?: string | readonly string[];
  /** As openssl writes it. Default `/CN=test`. */
  readonly subject?: string;
  /** Default P-256. */
  readonly key?: TestKeyType;
}

export interface TestCsr {
  readonly csrPem: string;
  readonly keyPem: string;
}

export interface TestChain {
  readonly leafPem: string;
  /** Intermediates, concatenated. */
  readonly chainPem: string;
  readonly rootPem: string;
}

const keyArguments: Record<TestKeyType, readonly string[]> = {
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'RSA-2048': ['-newkey', 'rsa:2048'],
  'RSA-3072': ['-newkey', 'rsa:3072'],
  'RSA-4096': ['-newkey', 'rsa:4096'],
  Ed25519: ['-newkey', 'ed25519'],
};

/** The real openssl: an independent maker of requests and judge of certificates. */
export const openssl = {
  /** A new key and a request for it. */
  async csr({ san = [], subject = '/CN=test', key = 'P-256' }: TestCsrOptions = {}): Promise<TestCsr> {
    const names = [san].flat();
    const sanArguments = names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : [];
    const output = await run([
      'req',
      '-new',
      '-nodes',
      ...keyArguments[key],
      '-keyout',
      '-',
      '-subj',
      subject,
      ...sanArguments,
    ]);
    return { csrPem: block(output, 'CERTIFICATE REQUEST'), keyPem: block(output, 'PRIVATE KEY') };
  },

  /** Checks a chain as strictly as openssl can. Resolves, or rejects with openssl's words. */
  async verify({ leafPem, chainPem, rootPem }: TestChain): Promise<void> {
    const files = { root: rootPem, chain: chainPem, leaf: leafPem };
    await withFiles(files, (folder) =>
      run([
        'verify',
        '-x509_strict',
        '-no-CApath',
        '-CAfile',
        join(folder, 'root'),
        '-untrusted',
        join(folder, 'chain'),
        join(folder, 'leaf'),
      ]),
    );
  },

  /** A certificate as `openssl x509 -text` prints it. */
  certificateText: (pem: string): Promise<string> => run(['x509', '-noout', '-text'], pem),

  /** A request as `openssl req -text` prints it. */
  requestText: (pem: string): Promise<string> => run(['req', '-noout', '-text', '-verify'], pem),
};

function block(text: string, label: string): string {
  const pem = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(text)?.[0];
  if (pem === undefined) throw new Error(`openssl gave no ${label}:\n${text}`);
  return pem;
}

async function withFiles<T>(files: Record<string, string>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'openssl-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', [...args], { stdio: 'pipe' });
    let output = '';
    let words = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      words += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`openssl ${args[0]} failed: ${words || output}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
