// Drives an HTTP endpoint with wrk: keep-alive, one prepared request after the other, bounded in time.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = `
local requests, at = {}, 0
function init(args)
  for body in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", args[2], wrk.headers, body)
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

export interface LoadPlan {
  readonly bodies: readonly string[];
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

/**
 * Posts `bodies` in turn over `connections` for `seconds`.
 * Gives requests a second, p50 and p99 in ms; throws when any answer was not 2xx.
 */
export async function load(url: string, plan: LoadPlan): Promise<LoadResult> {
  const { bodies, headers, connections, seconds } = plan;
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-bench-'));
  try {
    const { origin, pathname } = new URL(url);
    writeFileSync(join(dir, 'load.lua'), script);
    writeFileSync(join(dir, 'bodies'), `${bodies.join('\n')}\n`);
    const args = [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--timeout',
      '10s',
      '-s',
      join(dir, 'load.lua'),
    ];
    for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
    const wrk = spawn('wrk', [...args, origin, '--', join(dir, 'bodies'), pathname], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of wrk.stdout) output += chunk;
    const line = /^RESULT (.*)$/m.exec(output);
    if (!line?.[1]) throw new Error(`wrk gave no result:\n${output}`);
    const result = JSON.parse(line[1]);
    if (result.refused + result.broken > 0) {
      throw new Error(
        `${result.refused} answers were not 2xx and ${result.broken} broke, of ${result.requests}`,
      );
    }
    return {
      rate: result.requests / result.seconds,
      p50: result.p50,
      p99: result.p99,
      requests: result.requests,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
