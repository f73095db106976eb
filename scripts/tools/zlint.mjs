// Finds zlint, or builds it into .tools/ where Go is at hand.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, '.tools', 'bin');
const version = 'v3.7.3';
// zlint asks for a pre-release of publicsuffix-go that the module proxy does not serve.
const goMod = `module zlint
go 1.24
require github.com/zmap/zlint/v3 ${version}
replace github.com/weppos/publicsuffix-go => github.com/weppos/publicsuffix-go v0.50.3
`;

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder that holds zlint; undefined where there is none and Go cannot build it.
 * The conformance tests say what is missing then.
 */
export function findZlint() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), bin];
  const found = folders.find((folder) => folder !== '' && isExecutable(join(folder, 'zlint')));
  if (found) return found;
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  console.log('building zlint into .tools/ (once)');
  const work = mkdtempSync(join(tmpdir(), 'zlint-'));
  try {
    writeFileSync(join(work, 'go.mod'), goMod);
    const args = [
      'build',
      '-buildvcs=false',
      '-o',
      join(work, 'zlint'),
      'github.com/zmap/zlint/v3/cmd/zlint',
    ];
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
    const result = spawnSync('go', args, { cwd: work, env, encoding: 'utf8' });
    if (result.status !== 0) {
      console.error(`zlint could not be built: ${result.stderr.trim().split('\n').at(-1)}`);
      return undefined;
    }
    mkdirSync(bin, { recursive: true });
    spawnSync('cp', [join(work, 'zlint'), join(bin, '.zlint-new')]);
    renameSync(join(bin, '.zlint-new'), join(bin, 'zlint'));
    return bin;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
