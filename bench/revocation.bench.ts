import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Certificate,
  certIdDer,
  createOcspRequest,
  forEachCrlEntry,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  pemDecodeAll,
} from '#libs/x509';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { type MintingProduct, mintingProduct } from './lib/minting-product.js';
import { ocspLoad } from './lib/ocsp-load.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const entries = 1_000_000;
const opensslEntries = 100_000;
const known = 1_000;
const seconds = 2;
const samples = 3;
const revocations = 500;
const perSecond = 100;

const besides = (file: string) => fileURLToPath(new URL(file, import.meta.url));

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

function crlRows(): Row[] {
  const output = execFileSync(process.execPath, [besides('./lib/crl-build.js'), String(entries)], {
    encoding: 'utf8',
  });
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

interface Issued {
  readonly issuer: Certificate;
  readonly serials: readonly string[];
}

async function mint(ours: MintingProduct, count: number): Promise<Issued> {
  const serials: string[] = [];
  let chain = '';
  for (const body of mintBodies(csrPool(100), 100).slice(0, 1)) {
    while (serials.length < count) {
      const response = await fetch(ours.url, { method: 'POST', headers: ours.headers, body });
      const answer = (await response.json()) as { certs: { serial: string }[]; chain: string };
      serials.push(...answer.certs.map(({ serial }) => serial));
      chain = answer.chain;
    }
  }
  const issuer = parseCertificate(pemDecodeAll(chain, 'CERTIFICATE')[0] ?? new Uint8Array());
  return { issuer, serials };
}

/** Where the revocation service itself serves. */
function statusOrigin(ours: MintingProduct): string {
  return /CRL and OCSP +(\S+)\/pki,/.exec(ours.product.printed)?.[1] ?? '';
}

async function ocspRows(ours: MintingProduct, { issuer, serials }: Issued): Promise<Row[]> {
  const origin = statusOrigin(ours);
  const path = '/pki/bench/ocsp';
  const requests = serials.map((serial) =>
    createOcspRequest([certIdDer(issuer, Buffer.from(serial, 'hex'))]),
  );
  let answer = Buffer.alloc(0);
  let headers: Record<string, string> = {};
  for (const request of requests) {
    const response = await fetch(`${origin}${path}`, { method: 'POST', body: request });
    answer = Buffer.from(await response.arrayBuffer());
    headers = Object.fromEntries(response.headers);
  }
  for (const own of ['connection', 'keep-alive', 'date', 'content-length']) delete headers[own];
  const bare = spawn(process.execPath, [
    besides('./lib/bare-status.js'),
    JSON.stringify(headers),
    answer.toString('base64'),
  ]);
  const port = await new Promise<string>((resolve) =>
    bare.stdout.once('data', (line: Buffer) => resolve(String(line).trim())),
  );
  const rows: Row[] = [];
  try {
    for (const method of ['GET', 'POST'] as const) {
      const rates = { ours: [] as number[], bare: [] as number[] };
      for (let sample = 0; sample < samples; sample++) {
        const plan = { path, method, requests, seconds };
        rates.bare.push(ocspLoad({ ...plan, origin: `http://127.0.0.1:${port}` }));
        rates.ours.push(ocspLoad({ ...plan, origin }));
      }
      const [mine, theirs] = [median(rates.ours), median(rates.bare)];
      rows.push({
        path: `OCSP ${method}, ${known} known serials`,
        measured: `${Math.round(mine)}/s`,
        against: `bare node:http ${Math.round(theirs)}/s`,
        ratio: mine / theirs,
        atLeast: 0.8,
      });
    }
  } finally {
    bare.kill();
  }
  return rows;
}

function listed(der: Buffer): string[] {
  const found: string[] = [];
  const { entries: list } = parseCrl(der).fields;
  if (list === undefined) return found;
  forEachCrlEntry(list, ({ serialStart, serialStop }) => {
    found.push(
      der
        .subarray(serialStart, serialStop)
        .toString('hex')
        .replace(/^(00)+/, ''),
    );
  });
  return found;
}

/** From the caller's 200 until OCSP and CRL say so, in milliseconds. */
async function visibleRows(ours: MintingProduct, { issuer, serials }: Issued): Promise<Row[]> {
  const origin = statusOrigin(ours);
  const revokedAt = new Map<string, number>();
  const ocsp: number[] = [];
  const crl: number[] = [];
  let isOver = false;
  const watching = (async () => {
    const waiting = new Set(serials.map((serial) => serial.replace(/^(00)+/, '')));
    for (const end = Date.now() + 60_000; waiting.size > 0 && Date.now() < end; await sleep(100)) {
      const response = await fetch(`${origin}/pki/bench/intermediate.crl`);
      const now = performance.now();
      for (const serial of listed(Buffer.from(await response.arrayBuffer()))) {
        if (!waiting.delete(serial)) continue;
        crl.push(Math.max(0, now - (revokedAt.get(serial) ?? now)));
      }
      if (isOver && waiting.size === 0) return;
    }
  })();
  const one = async (serial: string): Promise<void> => {
    const request = createOcspRequest([certIdDer(issuer, Buffer.from(serial, 'hex'))]);
    const status = async () => {
      const response = await fetch(`${origin}/pki/bench/ocsp`, { method: 'POST', body: request });
      const parsed = parseOcspResponse(Buffer.from(await response.arrayBuffer()));
      return parsed.kind === 'successful' ? parsed.data.responses[0]?.status : parsed.kind;
    };
    // It is known as good before: its answer is signed already.
    await status();
    const body = JSON.stringify({ serial, reason: 'superseded' });
    for (let attempt = 0; ; attempt++) {
      const init = { method: 'POST', headers: ours.headers, body };
      const response = await fetch(`${ours.product.origin}/bench/revoke`, init);
      if (response.ok) break;
      // Idempotent: a machine that is too busy is asked again.
      if (attempt === 5) throw new Error(`revoke answered ${response.status}: ${await response.text()}`);
    }
    const at = performance.now();
    revokedAt.set(serial.replace(/^(00)+/, ''), at);
    while ((await status()) !== 'revoked') await sleep(10);
    ocsp.push(performance.now() - at);
  };
  const running: Promise<void>[] = [];
  for (const [i, serial] of serials.entries()) {
    running.push(one(serial));
    if (i % 10 === 9) await sleep((10 * 1000) / perSecond);
  }
  await Promise.all(running);
  isOver = true;
  await watching;
  const row = (path: string, values: number[], most: number): Row => {
    const p99 =
      [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
    const complete = values.length === serials.length ? p99 : Number.POSITIVE_INFINITY;
    const against = `${most} ms`;
    return { path, measured: `${Math.round(complete)} ms`, against, ratio: complete / most, atMost: 1 };
  };
  return [
    row(`revoked to OCSP, p99 at ${perSecond}/s`, ocsp, 1_000),
    row(`revoked to CRL, p99 at ${perSecond}/s`, crl, 10_000),
  ];
}

export const revocation: Benchmark = {
  name: 'revocation',
  about:
    'OCSP against bare node:http, a CRL of a million entries against openssl, revocations until they show',
  run: async (): Promise<Row[]> => {
    const rows = crlRows();
    const ours = await mintingProduct({});
    try {
      const issued = await mint(ours, known);
      rows.push(...(await ocspRows(ours, issued)));
      const some = { ...issued, serials: issued.serials.slice(0, revocations) };
      rows.push(...(await visibleRows(ours, some)));
    } finally {
      await ours.product.stop();
    }
    return rows;
  },
};
