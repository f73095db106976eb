import { spawnSync } from 'node:child_process';

const looked = new Map<string, boolean>();

/**
 * Whether a program that a test drives is on this machine. On a developer's machine a missing one skips the test
 * and says so once; with CI=true it is a failure.
 *
 * @example const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;
 */
export function requireTool(name: string, howToGet: string): boolean {
  const known = looked.get(name);
  if (known !== undefined) return known;
  const found = spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' }).status === 0;
  const advice = `${name} is not on this machine: ${howToGet}`;
  if (!found && process.env.CI === 'true') throw new Error(advice);
  if (!found) console.warn(`skipped: ${advice}`);
  looked.set(name, found);
  return found;
}
