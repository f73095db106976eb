import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

/** A SoftHSM2 token in a folder of its own. */
export interface SoftHsm {
  readonly module: string;
  readonly token: string;
  readonly pin: string;
  /** What a process of the product needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  dispose(): void;
}

const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];
const pin = '1234';

export interface SoftHsmOptions {
  /** SoftHSM's configuration file; default: what SOFTHSM2_CONF names. */
  readonly config?: string | undefined;
  /** Default: a token of its own. */
  readonly token?: string;
}

/**
 * A token in the folder that the configuration names (scripts/tools/softhsm.mjs writes one). The module reads
 * SOFTHSM2_CONF from the environment of the process, which jest's tests cannot change: scripts/jest.mjs has set it.
 */
export function startSoftHsm({ config = process.env.SOFTHSM2_CONF, token }: SoftHsmOptions = {}): SoftHsm {
  const module = modules.find((each) => existsSync(each));
  if (!module) throw new Error('SoftHSM2 is not on this machine: apt-get install softhsm2');
  if (!config) throw new Error('SOFTHSM2_CONF names no configuration of SoftHSM.');
  const label = token ?? `stackrunner-${randomBytes(6).toString('hex')}`;
  const env = { ...process.env, SOFTHSM2_CONF: config };
  const slots = spawnSync('softhsm2-util', ['--show-slots'], { env, encoding: 'utf8' });
  if (!slots.stdout.split('\n').some((line) => line.trim() === `Label:            ${label}`.trim())) {
    const args = ['--init-token', '--free', '--label', label, '--so-pin', pin, '--pin', pin];
    // It stumbles over a token that another process deletes at the same moment.
    for (let tries = 1; ; tries++) {
      const made = spawnSync('softhsm2-util', args, { env });
      if (made.status === 0) break;
      if (tries === 5) throw new Error(`softhsm2-util made no token: ${made.stderr}`);
    }
  }
  return {
    module,
    token: label,
    pin,
    env: {
      STACKRUNNER_KMS: 'pkcs11',
      STACKRUNNER_PKCS11_MODULE: module,
      STACKRUNNER_PKCS11_TOKEN: label,
      STACKRUNNER_PKCS11_PIN: pin,
      SOFTHSM2_CONF: config,
    },
    dispose: () => {
      spawnSync('softhsm2-util', ['--delete-token', '--token', label], { env });
    },
  };
}
