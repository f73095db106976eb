import type { CliContext, CliSettings } from '../cli-context.js';
import { run } from '../main.js';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const TOKEN = 'operator-token-of-the-tests-0123456789';

/** Runs the command line in this process, with its own streams and settings and without real waiting. */
export async function runCli(
  argv: readonly string[],
  settings: Partial<CliSettings>,
  overrides: Partial<CliContext> & { readonly tty?: boolean } = {},
): Promise<CliRun> {
  let stdout = '';
  let stderr = '';
  let now = 0;
  const code = await run(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: overrides.tty === true },
    settings: () => ({
      url: 'http://127.0.0.1:9',
      dataDir: '/nonexistent/data',
      operatorToken: TOKEN,
      ...settings,
    }),
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    randomId: () => 'key-of-this-run',
    ...overrides,
  });
  return { code, stdout, stderr };
}
