// npm run check: format, lint, types, import boundaries, generated code is current, unit tests.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './tools/packages.mjs';
import { findTestTools } from './tools/test-tools.mjs';

if (process.argv.includes('--help')) {
  console.log(`npm run check [-- --without-tests]   format, lint, types, boundaries, generated code, unit tests

  --without-tests   leaves the unit tests out, for who runs npm test next`);
  process.exit(0);
}
const withTests = !process.argv.includes('--without-tests');
const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;

installPackages();
const env = { ...process.env, PATH: await findTestTools() };

const steps = [
  ['format and lint', bin('biome'), ['ci', '--error-on-warnings', '.']],
  ['build', node, ['scripts/build.mjs']],
  ['types', bin('tsc'), ['-p', '.']],
  ['types of the pages', bin('tsc'), ['-p', 'apps/dashboard']],
  ['import boundaries', node, ['scripts/boundaries.mjs']],
  ['contracts: lint', bin('buf'), ['lint']],
  ['contracts: no breaking change', node, ['scripts/proto-breaking.mjs']],
  ['generated code is current', node, ['scripts/generate.mjs', '--check']],
  ['generated docs are current', node, ['scripts/generate-docs.mjs', '--check']],
  ['unit tests', node, ['scripts/jest.mjs', '--selectProjects', 'unit', '--maxWorkers=100%']],
];

const failed = [];
for (const [name, command, args] of steps) {
  if (name === 'unit tests' && !withTests) continue;
  const started = performance.now();
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  const ok = result.status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}`);
  if (!ok) {
    failed.push(name);
    console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trimEnd());
  }
}
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(', ')}`);
  process.exit(1);
}
