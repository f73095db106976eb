// Finds SoftHSM2 (a PKCS#11 token in software), or installs Debian's package where this may be done.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebian, isThere } from './debian.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether softhsm2-util is there, now. As root on Debian it is installed. */
export function findSoftHsm() {
  if (isThere('softhsm2-util')) return true;
  installDebian(['softhsm2'], 'PKCS#11 is tested with it');
  if (isThere('softhsm2-util')) return true;
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
