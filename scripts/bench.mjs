// npm run bench: finds the load generator and the peer, builds, and runs bench/.
import { spawnSync } from 'node:child_process';
import { installPackages } from './tools/packages.mjs';
import { softHsmConfig } from './tools/softhsm.mjs';

installPackages();
const { build } = await import('./build.mjs');
build();
if (!process.argv.includes('--help')) {
  const tools = { wrk: ['-v'], cfssl: ['version'] };
  const missing = Object.entries(tools).filter(([name, args]) => spawnSync(name, args).error);
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(' and ');
    console.error(
      `${names} not found. Debian: apt-get install wrk golang-cfssl. The benchmark of the mint loop does without.`,
    );
  }
}
process.env.SOFTHSM2_CONF ??= softHsmConfig();
await import('../dist/bench/main.js');
