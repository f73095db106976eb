import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mainThreadSeconds } from '../lib/cpu.js';
import type { MintingProduct } from '../lib/minting-product.js';
import { ocspLoad } from '../lib/ocsp-load.js';
import { median, type Row } from '../lib/report.js';
import { askAll, type Issued, ocspRequest, type StatusAnswer, statusOrigin } from './issued.js';

const seconds = 1;
const warmUpSeconds = 3;
const rounds = 7;

interface Server {
  readonly origin: string;
  readonly pid: number;
}

interface Sample {
  /** Answers a second. */
  readonly rate: number;
  /** CPU microseconds an answer, of the thread that answers: another's work does not count, as wall time does. */
  readonly cpu: number;
}

/** Known certificates, against Node answering the same octets; both in turn, as the machine's speed drifts. */
export async function ocspRows(ours: MintingProduct, issued: Issued): Promise<Row[]> {
  const origin = statusOrigin(ours);
  const path = `/pki/${ours.handle}/ocsp`;
  const requests = issued.serials.map((serial) => ocspRequest(issued.issuer, serial));
  const bare = await bareServer(await askAll(`${origin}${path}`, requests));
  const servers = { ours: { origin, pid: ours.pid }, bare };
  const rows: Row[] = [];
  try {
    for (const method of ['GET', 'POST'] as const) {
      const sample = async ({ origin, pid }: Server, seconds: number): Promise<Sample> => {
        const before = mainThreadSeconds(pid);
        const { rate, requests: answered } = await ocspLoad({ origin, path, method, requests, seconds });
        return { rate, cpu: ((mainThreadSeconds(pid) - before) / answered) * 1e6 };
      };
      for (const server of [servers.bare, servers.ours]) await sample(server, warmUpSeconds);
      const samples: { bare: Sample; ours: Sample }[] = [];
      for (let round = 0; round < rounds; round++) {
        const bare = await sample(servers.bare, seconds);
        samples.push({ bare, ours: await sample(servers.ours, seconds) });
      }
      const figure = (of: 'bare' | 'ours') =>
        `${Math.round(median(samples.map((each) => each[of].rate)))}/s, ${Math.round(median(samples.map((each) => each[of].cpu)))} µs CPU`;
      const [measured, against] = [figure('ours'), `bare node:http ${figure('bare')}`];
      const name = `OCSP ${method}, ${requests.length} known serials`;
      rows.push(
        {
          ...{ path: name, measured, against, atLeast: 0.8 },
          ratio: median(samples.map((each) => each.ours.rate / each.bare.rate)),
        },
        {
          ...{ path: `${name}: CPU an answer`, measured, against, atMost: 1.25 },
          ratio: median(samples.map((each) => each.ours.cpu / each.bare.cpu)),
        },
      );
    }
  } finally {
    bare.stop();
  }
  return rows;
}

async function bareServer({ headers, body }: StatusAnswer): Promise<Server & { stop(): void }> {
  const file = fileURLToPath(new URL('../lib/bare-status.js', import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(headers), body.toString('base64')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line: Buffer) => resolve(String(line).trim())),
  );
  return { origin: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => child.kill() };
}
