import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pemEncode } from '#libs/x509';

const run = promisify(execFile);

/** Hands certificates to other people's tools. */
async function withFiles<T>(
  certificates: Record<string, Uint8Array>,
  work: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'chain-'));
  try {
    for (const [name, der] of Object.entries(certificates)) {
      writeFileSync(join(folder, name), pemEncode('CERTIFICATE', der));
    }
    return await work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `openssl verify -x509_strict` of an intermediate under its root; resolves to what it prints. */
export function opensslVerify(root: Uint8Array, intermediate: Uint8Array): Promise<string> {
  return withFiles({ root, intermediate }, async (path) => {
    const strict = ['-x509_strict', '-check_ss_sig', '-purpose', 'any'];
    const { stdout } = await run('openssl', [
      ...['verify', ...strict, '-CAfile', path('root'), path('root'), path('intermediate')],
    ]);
    return stdout.replaceAll(/\/\S*\//g, '');
  });
}

/** `openssl x509 -text`. */
export function opensslText(der: Uint8Array): Promise<string> {
  return withFiles({ der }, async (path) => {
    return (await run('openssl', ['x509', '-noout', '-text', '-in', path('der')])).stdout;
  });
}

/** The RFCs; the rules of the CA/Browser Forum and of browsers are for CAs of the public web. */
const zlintSources = 'RFC3279,RFC5280,RFC5480,RFC5891,RFC8813';

/** What zlint finds: `lint: result`, without what passed or did not apply. */
export function zlint(der: Uint8Array): Promise<string[]> {
  return withFiles({ der }, async (path) => {
    const { stdout } = await run('zlint', ['-includeSources', zlintSources, path('der')]);
    const results = JSON.parse(stdout) as Record<string, { result: string }>;
    return Object.entries(results)
      .filter(([, { result }]) => !['pass', 'NA', 'NE'].includes(result))
      .map(([lint, { result }]) => `${lint}: ${result}`);
  });
}
