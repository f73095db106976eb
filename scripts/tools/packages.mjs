// Brings node_modules in line with package-lock.json, and does nothing when it already is.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebian, isThere } from './debian.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);

function refuseOldNode() {
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Stackrunner needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Whether every package that is wanted is installed in the version that the lock file names. */
function isCurrent(production) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      entry.optional ||
      entry.devOptional ||
      (production && entry.dev) ||
      have[path]?.version === entry.version,
  );
}

/**
 * Installs what package-lock.json names. Not `npm ci`: it refuses a lock file that lacks the binaries of a platform
 * that nobody here has, because a registry did not offer them when the file was written.
 * Returns whether it had to; exits 1 with npm's words on failure.
 * With `production`, the packages that only development and tests need are left out.
 */
export function installPackages({ production = false } = {}) {
  refuseOldNode();
  if (isCurrent(production)) return false;
  // What development installed before is kept.
  npmInstall(production && !existsSync(join(root, 'node_modules')) ? ['--omit=dev'] : []);
  return true;
}

function npmInstall(scope) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(
    npm,
    ['install', '--no-save', ...scope, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (result.status === 0) return;
  console.error('npm install failed: the packages of package-lock.json could not be installed.');
  process.exit(1);
}

/**
 * Installs the optional package that npm compiles, and left out where there was no compiler: who runs the product
 * without PKCS#11 needs neither, but its types and tests do.
 */
export function installCompiledPackages() {
  if (existsSync(join(root, 'node_modules', 'pkcs11js'))) return;
  const compiler = ['g++', 'make', 'python3'].filter((program) => !isThere(program));
  installDebian(compiler, 'npm compiles pkcs11js with them');
  npmInstall([]);
  if (existsSync(join(root, 'node_modules', 'pkcs11js'))) return;
  console.error('pkcs11js could not be compiled; it needs g++, make and python3.');
}
