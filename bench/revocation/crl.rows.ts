import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pastSeconds } from '../lib/cpu.js';
import type { Row } from '../lib/report.js';

const entries = 1_000_000;

/** CPU seconds that `openssl ca -gencrl` takes for as many: some eight. */
function opensslCrl(): number {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-gencrl-'));
  try {
    const lines = Array.from({ length: entries }, (_, i) => {
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
    const before = pastSeconds(process.pid);
    const ca = ['-keyfile', `${dir}/ca.key`, '-cert', `${dir}/ca.pem`, '-out', `${dir}/crl.pem`];
    execFileSync('openssl', ['ca', '-config', config, '-gencrl', ...ca], { stdio: 'ignore' });
    return pastSeconds(process.pid) - before;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What a file of `bench/lib` prints about a CRL of so many entries. */
function measured<T>(file: string): T {
  const path = fileURLToPath(new URL(`../lib/${file}`, import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [path, String(entries)], { encoding: 'utf8' }));
}

/** The whole way, with PostgreSQL's part of it. */
function publishRows(): Row[] {
  const { costs, peakMb } = measured<{ costs: { ours: number; postgres: number }[]; peakMb: number }>(
    'crl-publish.js',
  );
  return ['read from PostgreSQL, made, and stored there', 'made from memory, and stored'].map((what, at) => ({
    path: `the same ${what}`,
    measured: `${costs[at]?.ours.toFixed(2)} s CPU, peak ${Math.round(peakMb)} MB`,
    against: `PostgreSQL ${costs[at]?.postgres.toFixed(2)} s CPU`,
  }));
}

export function crlRows(): Row[] {
  const { cpuSeconds, peakMb, octets } = measured<{ cpuSeconds: number; peakMb: number; octets: number }>(
    'crl-build.js',
  );
  const peer = opensslCrl();
  return [
    {
      path: `CRL of ${entries / 1e6} M entries: encode, lint, sign, verify`,
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
      path: 'its CPU time',
      measured: `${cpuSeconds.toFixed(2)} s`,
      against: `openssl ca -gencrl ${peer.toFixed(1)} s`,
      ratio: peer / cpuSeconds,
      atLeast: 10,
    },
    ...publishRows(),
  ];
}
