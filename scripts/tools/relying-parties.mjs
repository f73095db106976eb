// The relying parties that stories ask: what is missing is installed where that can be done without asking.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

const isThere = (program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;

function installDebian(packages) {
  console.log(`installing ${packages.join(' ')} with apt-get (once): relying parties that stories ask`);
  const policy = '/usr/sbin/policy-rc.d';
  // An installed nginx must not start by itself.
  const script = `[ -e ${policy} ] || { printf '#!/bin/sh\\nexit 101\\n' > ${policy}; chmod +x ${policy}; made=1; }
    apt-get -o DPkg::Lock::Timeout=300 update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends ${packages.join(' ')}
    status=$?; [ -z "$made" ] || rm -f ${policy}; exit $status`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env });
  if (status !== 0) console.error(`apt-get failed: ${stderr.trim().split('\n').at(-1)}`);
}

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
  if (missing.length > 0 && process.getuid?.() === 0 && isThere('apt-get')) {
    installDebian(missing.flatMap((program) => debian[program]));
  }
  process.env.PATH = [process.env.PATH, bin].join(delimiter);
  if (!isThere('lint_crl') && isThere('python3')) installPkilint();
  return existsSync(bin) ? bin : undefined;
}
