// Runs jest with the flag that ES modules need. Arguments go to jest as they are.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { softHsmConfig } from './tools/softhsm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs jest and returns its exit code. */
export function jest(args, options = {}) {
  const script = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const result = spawnSync(process.execPath, [...flags, script, ...args], {
    cwd: root,
    stdio: 'inherit',
    ...options,
    // The module reads it from the environment of the process, which a test cannot change.
    env: { SOFTHSM2_CONF: softHsmConfig(), ...(options.env ?? process.env) },
  });
  return result.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(jest(process.argv.slice(2)));
