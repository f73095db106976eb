// Asks an OCSP responder with wrk, known requests in turn, by GET or by POST.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = `
local requests, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    if args[3] == "GET" then
      requests[#requests + 1] = wrk.format("GET", args[2] .. "/" .. line)
    else
      local body = line:gsub("..", function(octet) return string.char(tonumber(octet, 16)) end)
      requests[#requests + 1] = wrk.format("POST", args[2], { ["Content-Type"] = "application/ocsp-request" }, body)
    end
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"rate":%.1f,"bad":%d}\\n', summary.requests / (summary.duration / 1e6),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
`;

export interface OcspLoad {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** In DER. */
  readonly requests: readonly Buffer[];
  readonly seconds: number;
}

/** Answers a second at 32 connections. @throws when any was not 2xx */
export function ocspLoad({ origin, path, method, requests, seconds }: OcspLoad): number {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-ocsp-'));
  try {
    writeFileSync(join(dir, 'load.lua'), script);
    const lines = requests.map((der) =>
      method === 'GET' ? encodeURIComponent(der.toString('base64')) : der.toString('hex'),
    );
    writeFileSync(join(dir, 'requests'), `${lines.join('\n')}\n`);
    const args = ['-t1', '-c32', `-d${seconds}s`, '-s', join(dir, 'load.lua'), origin, '--'];
    const output = execFileSync('wrk', [...args, join(dir, 'requests'), path, method], { encoding: 'utf8' });
    const { rate, bad } = JSON.parse(/^RESULT (.*)$/m.exec(output)?.[1] ?? '{}');
    if (bad !== 0) throw new Error(`${bad} answers were not 2xx:\n${output}`);
    return rate;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
