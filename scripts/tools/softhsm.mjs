// Finds SoftHSM2 (a PKCS#11 token in software), or installs Debian's package where this may be done.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether softhsm2-util is there, now. As root on Debian it is installed. */
export function findSoftHsm() {
  const present = () => spawnSync('softhsm2-util', ['--version']).status === 0;
  if (present()) return true;
  if (process.getuid?.() === 0) {
    console.log('installing softhsm2 with apt-get');
    const args = ['install', '-y', '-qq', '--no-install-recommends', 'softhsm2'];
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (present()) return true;
  }
  console.error('softhsm2-util was not found; PKCS#11 is tested with it (Debian: apt-get install softhsm2).');
  return false;
}

/** A configuration of SoftHSM with tokens of its own in .tools/: the module reads it from the environment only. */
export function softHsmConfig(folder = join(root, '.tools', 'softhsm')) {
  const config = join(folder, 'softhsm2.conf');
  if (existsSync(config)) return config;
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  writeFileSync(config, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  return config;
}
