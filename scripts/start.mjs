// npm start: installs what is missing, builds what is stale, and runs the product in this one process.
import { performance } from 'node:perf_hooks';
import { installPackages } from './tools/packages.mjs';

const help = `npm start [-- --once]     the whole product in one process, on an embedded PostgreSQL

  --once    run the demo (a customer, its CA, one certificate, a batch of ten), then stop
  --help    this text

STACKRUNNER_PORT (8080), STACKRUNNER_HOST (127.0.0.1), STACKRUNNER_DATA_DIR (.stackrunner),
STACKRUNNER_PUBLIC_URL and STACKRUNNER_BASE_DOMAIN; all options: docs/configuration.md.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const unknown = process.argv.slice(2).filter((argument) => argument !== '--once');
if (unknown.length > 0) {
  console.error(`Unknown argument: ${unknown.join(' ')}\n\n${help}`);
  process.exit(2);
}

function step(title, outcome, started) {
  const ms = performance.now() - started;
  const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
  console.log(`  ${title.padEnd(22)} ${outcome.padEnd(56)} ${time.padStart(8)}`);
}

console.log('Stackrunner\n');
let started = performance.now();
step('packages', installPackages({ production: true }) ? 'installed' : 'current', started);
started = performance.now();
try {
  const { build } = await import('./build.mjs');
  step('build', build() ? 'made dist/' : 'current', started);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await import('../dist/apps/standalone/src/main.js');
