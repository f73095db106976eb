// Finds promtool, or takes it out of Debian's package into .tools/: no Prometheus is installed or started.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = join(fileURLToPath(new URL('../..', import.meta.url)), '.tools', 'bin');

/** The folder of promtool where it is not on the PATH by itself; undefined where there is none. */
export function findPromtool() {
  const path = [process.env.PATH, bin].join(delimiter);
  const isThere = () =>
    spawnSync('promtool', ['--version'], { env: { ...process.env, PATH: path } }).status === 0;
  if (isThere()) return bin;
  if (spawnSync('apt-get', ['--version']).error) return undefined;
  console.log(
    "taking promtool out of Debian's package prometheus into .tools/ (once): alert rules are tested with it",
  );
  const work = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    const run = (command, ...args) => spawnSync(command, args, { cwd: work, encoding: 'utf8' });
    const download = () => run('apt-get', '-qq', 'download', 'prometheus');
    if (download().status !== 0) {
      // A machine that has never asked for the lists of packages.
      run('apt-get', '-o', 'DPkg::Lock::Timeout=300', 'update', '-qq');
      download();
    }
    const [file] = readdirSync(work).filter((name) => name.endsWith('.deb'));
    const unpacked = file ? run('dpkg', '-x', file, 'unpacked') : undefined;
    if (unpacked?.status !== 0) {
      console.error('promtool could not be had (Debian: apt-get install prometheus).');
      return undefined;
    }
    mkdirSync(bin, { recursive: true });
    run('cp', join('unpacked', 'usr', 'bin', 'promtool'), join(bin, '.promtool-new'));
    renameSync(join(bin, '.promtool-new'), join(bin, 'promtool'));
    return isThere() ? bin : undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
