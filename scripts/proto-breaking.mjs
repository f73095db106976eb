// Compares the contracts with libs/contracts/baseline.binpb, the last state that was accepted. A committed file and
// not a git branch: it works in a shallow clone and in a tree without history.
//   (nothing)   exits 1 on a breaking change, and when the contracts have grown without being accepted
//   --accept    accepts what only grew
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const baseline = 'libs/contracts/baseline.binpb';

function buf(args) {
  const command = join(root, 'node_modules', '.bin', 'buf');
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.status === 0) return true;
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim());
  process.exitCode = 1;
  return false;
}

function build(file) {
  return buf(['build', '--exclude-source-info', '--output', file]);
}

function compare() {
  const work = mkdtempSync(join(tmpdir(), 'stackrunner-contracts-'));
  try {
    const now = join(work, 'now.binpb');
    if (!build(now)) return;
    if (readFileSync(now).equals(readFileSync(join(root, baseline)))) {
      console.log('the contracts are as accepted');
    } else {
      console.error('The contracts have grown. Accept that: node scripts/proto-breaking.mjs --accept');
      process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const accept = process.argv.includes('--accept');
if (!existsSync(join(root, baseline)) && !accept) {
  console.error(`${baseline} is missing.`);
  process.exit(1);
}
const compatible = !existsSync(join(root, baseline)) || buf(['breaking', '--against', baseline]);
if (compatible && accept && build(join(root, baseline))) console.log(`accepted in ${baseline}`);
else if (compatible && !accept) compare();
