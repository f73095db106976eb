// Compiles apps/, libs/ and what the benchmarks need into dist/ with swc, bundles what a process loads, and builds the
// pages with Vite, only when a source is newer than the last build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDashboard } from './build-dashboard.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const folders = ['apps', 'libs', 'bench', join('test', 'support')];
const settings = ['.swcrc', 'package-lock.json', join('scripts', 'bundle.mjs')];

/** The pages have a build of their own. */
const pages = [join(root, 'apps', 'dashboard'), join(dist, 'dashboard')];

function files(dir, found = []) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (pages.includes(path)) continue;
    if (entry.isDirectory()) files(path, found);
    else found.push(path);
  }
  return found;
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  const inputs = [
    ...folders.flatMap((folder) => files(join(root, folder))),
    ...settings.map((file) => join(root, file)),
  ];
  return inputs.some((file) => statSync(file).mtimeMs >= built);
}

/** Removes what an earlier build made from a source that is gone: Node would still find it. */
function sweep() {
  for (const file of files(dist)) {
    const source = join(root, relative(dist, file).replace(/\.js(\.map)?$/, '.ts'));
    if (/\.js(\.map)?$/.test(file) && !existsSync(source)) rmSync(file);
  }
}

function run(script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
}

/**
 * Builds when stale. Returns whether it built; throws with the compiler's words when that fails.
 * Without `bundle`, processes load the files of dist/ one by one, which is quicker to build.
 */
export function build({ force = false, bundle = true } = {}) {
  const builtPages = buildDashboard({ force });
  if (!force && !isStale()) return builtPages;
  const startedAt = new Date();
  run(join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js'), ...folders, '-d', 'dist', '--quiet');
  sweep();
  if (bundle) run(join(root, 'scripts', 'bundle.mjs'));
  writeFileSync(stamp, '');
  // What was edited meanwhile is newer than that.
  utimesSync(stamp, startedAt, startedAt);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(build({ force: process.argv.includes('--force') }) ? 'built dist/' : 'dist/ is current');
}
