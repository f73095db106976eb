// npm test: installs what the tests need, then runs every suite. The last line counts all of them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './tools/packages.mjs';

installPackages();
const { build } = await import('./build.mjs');
const { jest } = await import('./jest.mjs');
const { findTestTools } = await import('./tools/test-tools.mjs');

/** A suite that is still running after so long hangs, and fails: something that a test started did not end. */
const longestMs = 40 * 60_000;
// By itself jest leaves a core to people who work beside it: on two cores that is half of them.
const everyCore = ['--maxWorkers=100%'];
const suites = [
  { name: 'unit', args: everyCore },
  { name: 'integration', args: everyCore },
  { name: 'stories', args: ['--runInBand'] },
  { name: 'faults', args: ['--runInBand'] },
];

if (process.argv.includes('--help')) {
  console.log(
    `npm test [-- SUITE…]   suites: ${suites.map((suite) => suite.name).join(', ')} (default: all)`,
  );
  process.exit(0);
}
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(
    `No such suite: ${unknown.join(', ')}. There are: ${suites.map((suite) => suite.name).join(', ')}.`,
  );
  process.exit(2);
}

build();
const toolPath = await findTestTools();
const results = mkdtempSync(join(tmpdir(), 'stackrunner-test-'));
mkdirSync(results, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };

for (const suite of suites.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  console.log(`\n== ${suite.name}`);
  const file = join(results, `${suite.name}.json`);
  const code = jest(
    ['--selectProjects', suite.name, '--json', `--outputFile=${file}`, '--passWithNoTests', ...suite.args],
    {
      env: { ...process.env, PATH: toolPath },
      // jest prints its JSON on standard output as well; people read its report on standard error.
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: longestMs,
      killSignal: 'SIGKILL',
    },
  );
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += report.numPassedTests;
    total.skipped += report.numPendingTests + report.numTodoTests;
    // A suite that could not run has no failed test of its own, and is a failure all the same.
    total.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    if (code !== 0 && report.numFailedTests + report.numRuntimeErrorTestSuites === 0) total.failed += 1;
  } catch {
    console.error(`The suite ${suite.name} did not come to its end.`);
    total.failed += 1;
  }
}

rmSync(results, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
