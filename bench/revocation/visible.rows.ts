import { setTimeout as sleep } from 'node:timers/promises';
import { forEachCrlEntry, parseCrl, parseOcspResponse } from '#libs/x509';
import type { MintingProduct } from '../lib/minting-product.js';
import type { Row } from '../lib/report.js';
import { type Issued, ocspRequest, statusOrigin } from './issued.js';

const perSecond = 100;

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
export async function visibleRows(ours: MintingProduct, { issuer, serials }: Issued): Promise<Row[]> {
  const origin = statusOrigin(ours);
  const revokedAt = new Map<string, number>();
  const ocsp: number[] = [];
  const crl: number[] = [];
  let isOver = false;
  const watching = (async () => {
    const waiting = new Set(serials.map((serial) => serial.replace(/^(00)+/, '')));
    for (const end = Date.now() + 60_000; waiting.size > 0 && Date.now() < end; await sleep(100)) {
      const response = await fetch(`${origin}/pki/${ours.handle}/intermediate.crl`);
      const now = performance.now();
      for (const serial of listed(Buffer.from(await response.arrayBuffer()))) {
        if (!waiting.delete(serial)) continue;
        crl.push(Math.max(0, now - (revokedAt.get(serial) ?? now)));
      }
      if (isOver && waiting.size === 0) return;
    }
  })();
  const one = async (serial: string): Promise<void> => {
    const request = ocspRequest(issuer, serial);
    const status = async () => {
      const response = await fetch(`${origin}/pki/${ours.handle}/ocsp`, { method: 'POST', body: request });
      const parsed = parseOcspResponse(Buffer.from(await response.arrayBuffer()));
      return parsed.kind === 'successful' ? parsed.data.responses[0]?.status : parsed.kind;
    };
    // It is known as good before: its answer is signed already.
    await status();
    const body = JSON.stringify({ serial, reason: 'superseded' });
    for (let attempt = 0; ; attempt++) {
      const init = { method: 'POST', headers: ours.headers, body };
      const response = await fetch(`${ours.product.origin}/${ours.handle}/revoke`, init);
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
