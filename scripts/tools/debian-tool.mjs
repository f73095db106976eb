// Finds a small program, or installs Debian's where that is possible without asking: as root, with apt-get.
import { spawnSync } from 'node:child_process';

const isThere = (name) => spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' }).status === 0;

/** Whether the program is there now; the tests that need it say what is missing. */
export function findDebianTool(name) {
  if (isThere(name)) return true;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false;
  console.log(`installing ${name} from Debian (once)`);
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  const install = () => apt('install', '-y', '-qq', '--no-install-recommends', name);
  if (install().status !== 0) {
    apt('update', '-qq');
    install();
  }
  return isThere(name);
}
