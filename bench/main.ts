import { credentials } from './credentials.bench.js';
import { footprint } from './footprint.bench.js';
import { kms } from './kms.bench.js';
import { type Row, report } from './lib/report.js';
import { mintServices, mintStandalone } from './mint-http.bench.js';
import { mintLoop } from './mint-loop.bench.js';
import { mintStages } from './mint-stages.bench.js';
import { revocation } from './revocation.bench.js';
import { revocationMillion, revocationTenMillion } from './revocation-scale.bench.js';
import { signUps } from './sign-ups.bench.js';
import { storedRows } from './stored-rows.bench.js';

const benchmarks = [
  mintLoop,
  mintStages,
  mintStandalone,
  mintServices,
  revocation,
  revocationMillion,
  revocationTenMillion,
  storedRows,
  footprint,
  kms,
  credentials,
  signUps,
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (asked.includes('--help') || unknown.length > 0) {
  console.log('npm run bench [-- NAME…]   prints ratios of one run\n');
  for (const { name, about } of benchmarks) console.log(`  ${name.padEnd(16)} ${about}`);
  process.exit(asked.includes('--help') ? 0 : 2);
}

const rows: Row[] = [];
for (const benchmark of benchmarks) {
  if (asked.length > 0 && !asked.includes(benchmark.name)) continue;
  console.error(`… ${benchmark.name}: ${benchmark.about}`);
  rows.push(...(await benchmark.run()));
}
report(rows);
