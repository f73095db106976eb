// The relying parties that stories ask: what is missing is installed where that can be done without asking.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebian, isThere } from './debian.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = join(root, '.tools');
const bin = join(tools, 'bin');
const pkilintVersion = '0.13.3';

/** Program to the Debian packages that bring it. */
const debian = {
  ocsptool: ['gnutls-bin'],
  crlutil: ['libnss3-tools'],
  pki: ['strongswan-pki', 'libstrongswan-standard-plugins', 'libstrongswan-extra-plugins'],
  nginx: ['nginx-light'],
  javac: ['default-jdk-headless'],
  // The server with its backup tools: what it restores must not un-revoke.
  pg_basebackup: ['postgresql'],
};

function installPkilint() {
  const home = join(tools, 'pkilint');
  console.log('installing pkilint into .tools/ (once)');
  mkdirSync(bin, { recursive: true });
  const steps = [
    ['python3', ['-m', 'venv', home]],
    [
      join(home, 'bin', 'pip'),
      ['install', '-q', '--disable-pip-version-check', `pkilint==${pkilintVersion}`],
    ],
    ['ln', ['-sf', join(home, 'bin', 'lint_crl'), join(home, 'bin', 'lint_ocsp_response'), bin]],
  ];
  for (const [command, args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status === 0) continue;
    console.error(`pkilint could not be installed: ${stderr?.trim().split('\n').at(-1)}`);
    return;
  }
}

/** @returns the folder of what is not on the PATH by itself; undefined where there is none */
export function findRelyingParties() {
  const missing = Object.keys(debian).filter((program) => !isThere(program));
  installDebian(
    missing.flatMap((program) => debian[program]),
    'relying parties that stories ask',
  );
  process.env.PATH = [process.env.PATH, bin].join(delimiter);
  if (!isThere('lint_crl') && isThere('python3')) installPkilint();
  return existsSync(bin) ? bin : undefined;
}
