// Compiles apps/ and libs/ into dist/ with swc, only when a source is newer than the last build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');

function newest(dir) {
  let latest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(dir, entry.name);
    latest = Math.max(latest, statSync(path).mtimeMs, entry.isDirectory() ? newest(path) : 0);
  }
  return latest;
}

/** Builds when stale. Returns whether it built; throws with the compiler's words when that fails. */
export function build({ force = false } = {}) {
  const sources = ['apps', 'libs'].map((dir) => newest(join(root, dir)));
  const inputs = ['.swcrc', 'package.json', 'package-lock.json'].map((file) => statSync(join(root, file)).mtimeMs);
  if (!force && existsSync(stamp) && statSync(stamp).mtimeMs > Math.max(...sources, ...inputs)) return false;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
  const result = spawnSync(process.execPath, [swc, 'apps', 'libs', '-d', 'dist', '--quiet'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
  writeFileSync(stamp, '');
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(build({ force: process.argv.includes('--force') }) ? 'built dist/' : 'dist/ is current');
}
