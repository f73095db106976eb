import { credentials } from './credentials.bench.js';
import { footprint } from './footprint.bench.js';
import { kms } from './kms.bench.js';
import { machineTicks, stolenSince } from './lib/cpu.js';
import { type MeasuredRow, report } from './lib/report.js';
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

const rows: MeasuredRow[] = [];
for (const benchmark of benchmarks) {
  if (asked.length > 0 && !asked.includes(benchmark.name)) continue;
  console.error(`… ${benchmark.name}: ${benchmark.about}`);
  const before = machineTicks();
  const measured = await benchmark.run();
  const stolen = stolenSince(before);
  rows.push(...measured.map((row) => ({ ...row, stolen })));
}
report(rows);
