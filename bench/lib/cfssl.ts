// The peer: Debian's cfssl, which signs over HTTP and stores nothing.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimFreePort } from '../../test/support/free-port.js';

export interface Peer {
  readonly url: string;
  readonly pid: number;
  /** The request body for one CSR. */
  body(pem: string): string;
  stop(): Promise<void>;
}

export async function startCfssl(): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-cfssl-'));
  const profile = { usages: ['digital signature', 'server auth', 'client auth'], expiry: '168h' };
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ signing: { default: profile } }));
  writeFileSync(join(dir, 'ca.json'), JSON.stringify({ CN: 'Bench CA', key: { algo: 'ecdsa', size: 256 } }));
  const made = JSON.parse(
    execFileSync('cfssl', ['gencert', '-initca', join(dir, 'ca.json')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  writeFileSync(join(dir, 'ca.pem'), made.cert);
  writeFileSync(join(dir, 'ca.key'), made.key, { mode: 0o600 });
  const port = await claimFreePort();
  const args = ['serve', '-address', '127.0.0.1', '-port', String(port), '-loglevel', '5'];
  args.push('-ca', join(dir, 'ca.pem'), '-ca-key', join(dir, 'ca.key'), '-config', join(dir, 'config.json'));
  const child = spawn('cfssl', args, { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/api/v1/cfssl/sign`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await fetch(url, { method: 'POST', body: '{}' });
      break;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    url,
    pid: child.pid ?? 0,
    body: (pem) => JSON.stringify({ certificate_request: pem }),
    stop: async () => {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
