// Drives an HTTP server with wrk: keep-alive, one prepared request after the other, bounded in time.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of requests: a line with method, path and the length of the body, then the body. */
const script = `
local requests, at = {}, 0
function init(args)
  local file = io.open(args[1], "rb")
  for line in file:lines() do
    local method, path, length = line:match("^(%S+) (%S+) (%d+)$")
    local body = length ~= "0" and file:read(tonumber(length)) or nil
    requests[#requests + 1] = wrk.format(method, path, wrk.headers, body)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"seconds":%.3f,"p50":%.3f,"p99":%.3f,"refused":%d,"broken":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`;

export interface PreparedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Uint8Array;
}

export interface WrkPlan {
  readonly requests: readonly PreparedRequest[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

/** Sends the requests in turn. @throws when any answer was not 2xx */
export async function wrk(
  origin: string,
  { requests, headers, connections, seconds }: WrkPlan,
): Promise<LoadResult> {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-bench-'));
  try {
    writeFileSync(join(dir, 'load.lua'), script);
    writeFileSync(join(dir, 'requests'), Buffer.concat(requests.map(prepared)));
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'];
    for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
    args.push('-s', join(dir, 'load.lua'), origin, '--', join(dir, 'requests'));
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of child.stdout) output += chunk;
    const line = /^RESULT (.*)$/m.exec(output)?.[1];
    if (!line) throw new Error(`wrk gave no result:\n${output}`);
    const { requests: count, seconds: took, p50, p99, refused, broken } = JSON.parse(line);
    if (refused + broken > 0) {
      throw new Error(`${refused} answers were not 2xx and ${broken} broke, of ${count}`);
    }
    return { rate: count / took, p50, p99, requests: count };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function prepared({ method, path, body = '' }: PreparedRequest): Buffer {
  const octets = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${method} ${path} ${octets.length}\n`), octets]);
}
