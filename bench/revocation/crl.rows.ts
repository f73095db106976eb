import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from '../lib/report.js';

const entries = 1_000_000;
const opensslEntries = 100_000;

/** Seconds that `openssl ca -gencrl` takes. */
function opensslCrl(count: number): number {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-gencrl-'));
  try {
    const lines = Array.from({ length: count }, (_, i) => {
      const serial = `7F${(i + 0x1000000).toString(16).padStart(30, '0')}`.toUpperCase();
      return `R\t301231235959Z\t261101000000Z,superseded\t${serial}\tunknown\t/CN=${i}`;
    });
    writeFileSync(join(dir, 'index.txt'), `${lines.join('\n')}\n`);
    writeFileSync(join(dir, 'crlnumber'), '01\n');
    writeFileSync(join(dir, 'index.txt.attr'), 'unique_subject = no\n');
    const config = join(dir, 'ca.cnf');
    writeFileSync(
      config,
      `[ca]\ndefault_ca=c\n[c]\ndatabase=${dir}/index.txt\ncrlnumber=${dir}/crlnumber\ndefault_md=sha256\ndefault_crl_days=1\n`,
    );
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${dir}/ca.key`,
    ];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=bench', '-out', `${dir}/ca.pem`], {
      stdio: 'ignore',
    });
    const started = performance.now();
    const ca = ['-keyfile', `${dir}/ca.key`, '-cert', `${dir}/ca.pem`, '-out', `${dir}/crl.pem`];
    execFileSync('openssl', ['ca', '-config', config, '-gencrl', ...ca], { stdio: 'ignore' });
    return (performance.now() - started) / 1000;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function crlRows(): Row[] {
  const output = execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../lib/crl-build.js', import.meta.url)), String(entries)],
    {
      encoding: 'utf8',
    },
  );
  const { cpuSeconds, peakMb, octets } = JSON.parse(output);
  const peer = opensslCrl(opensslEntries) * (entries / opensslEntries);
  return [
    {
      path: `CRL of ${entries / 1e6} M entries: encode, lint, sign`,
      measured: `${cpuSeconds.toFixed(2)} s CPU, ${(octets / 1e6).toFixed(0)} MB`,
      against: '1 s',
      ratio: cpuSeconds,
      atMost: 1,
    },
    {
      path: 'its peak memory',
      measured: `${Math.round(peakMb)} MB`,
      against: '300 MB',
      ratio: peakMb / 300,
      atMost: 1,
    },
    {
      path: 'its time',
      measured: `${cpuSeconds.toFixed(2)} s`,
      against: `openssl ca -gencrl ${peer.toFixed(1)} s (from ${opensslEntries / 1000} k)`,
      ratio: peer / cpuSeconds,
      atLeast: 10,
    },
  ];
}
