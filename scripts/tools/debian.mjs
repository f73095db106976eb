// Debian's packages, for the programs that tests drive: installed where that can be done without asking, as root.
import { spawnSync } from 'node:child_process';

let updated = false;

/** Whether a program is on the PATH. */
export const isThere = (program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;

/**
 * Installs packages with apt-get, and says so; no server among them is started. Does nothing for whoever is not root,
 * or where there is no apt-get.
 *
 * @param {string[]} packages names of Debian bookworm
 * @param {string} why what they are for, for the line that is printed
 */
export function installDebian(packages, why) {
  if (packages.length === 0 || process.getuid?.() !== 0 || !isThere('apt-get')) return;
  console.log(`installing ${packages.join(' ')} with apt-get (once): ${why}`);
  const policy = '/usr/sbin/policy-rc.d';
  const update = updated ? ':' : 'apt-get -o DPkg::Lock::Timeout=300 update -qq';
  // The policy keeps apt-get from starting what it installs.
  const script = `[ -e ${policy} ] || { printf '#!/bin/sh\\nexit 101\\n' > ${policy}; chmod +x ${policy}; made=1; }
    ${update}
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends ${packages.join(' ')}
    status=$?; [ -z "$made" ] || rm -f ${policy}; exit $status`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env });
  updated = true;
  if (status !== 0) console.error(`apt-get failed: ${stderr.trim().split('\n').at(-1)}`);
}
