// Builds the account pages of apps/dashboard into dist/dashboard with Vite, only when a source is newer than the last build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'apps', 'dashboard');
const outDir = join(root, 'dist', 'dashboard');
const stamp = join(outDir, '.built');

function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  const inputs = [
    ...files(source).filter((file) => !file.endsWith('.spec.ts')),
    join(root, 'package-lock.json'),
  ];
  return inputs.some((file) => statSync(file).mtimeMs >= built);
}

/** Builds when stale, in a process of its own: the build of the rest is synchronous, and Vite is not. Returns whether it built. */
export function buildDashboard({ force = false } = {}) {
  if (!force && !isStale()) return false;
  const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--now'], { encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`The build of the pages failed:\n${result.stdout}${result.stderr}`);
  writeFileSync(stamp, '');
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--now')) {
    const { build } = await import('vite');
    await build({
      root: source,
      base: '/dashboard/',
      configFile: false,
      logLevel: 'warn',
      oxc: { jsx: { runtime: 'automatic' } },
      build: {
        outDir,
        emptyOutDir: true,
        target: 'es2022',
        // The polyfill of module preloading would be inline script.
        modulePreload: { polyfill: false },
        // Inlined fonts and images would have to be allowed in the policy.
        assetsInlineLimit: 0,
        sourcemap: false,
      },
    });
  } else {
    console.log(
      buildDashboard({ force: process.argv.includes('--force') })
        ? 'built dist/dashboard'
        : 'dist/dashboard is current',
    );
  }
}
