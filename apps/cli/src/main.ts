import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, loadConfig } from '#libs/config';
import type { CliContext, CliSettings } from './cli-context.js';
import { CliFailure, exitCodes, usageError } from './cli-failure.js';
import { runProgram } from './run-program.js';

/**
 * Runs one command, `argv` without node and script, and resolves to its exit code.
 *
 * @param overrides at least `home` and `version`, which only the caller knows
 */
export async function run(argv: readonly string[], overrides: Partial<CliContext> = {}): Promise<number> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  try {
    return await runProgram(argv, {
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      settings: settingsOnce(),
      signal,
      now: Date.now,
      sleep: (milliseconds) => sleep(milliseconds, signal),
      randomId: () => crypto.randomUUID(),
      home: '.',
      version: 'unknown',
      ...overrides,
    });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (cause) {
    throw signal.aborted ? new CliFailure(exitCodes.interrupted, 'interrupted') : cause;
  }
}

function settingsOnce(): () => CliSettings {
  let settings: CliSettings | undefined;
  return () => {
    settings ??= read();
    return settings;
  };
}

function read(): CliSettings {
  try {
    return loadConfig('cli');
  } catch (thrown) {
    throw thrown instanceof ConfigError ? usageError(thrown.message) : thrown;
  }
}
