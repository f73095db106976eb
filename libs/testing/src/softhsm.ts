import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
  /** Where tokens are kept; default: where SOFTHSM2_CONF says, else a temporary folder. */
  readonly folder?: string;
  /** Default: a token of its own. */
  readonly token?: string;
}

/**
 * SoftHSM reads SOFTHSM2_CONF from the environment of the process, which jest's tests cannot change: where they use
 * the module themselves, scripts/jest.mjs has set it.
 */
export function startSoftHsm({ folder, token }: SoftHsmOptions = {}): SoftHsm {
  const module = modules.find((each) => existsSync(each));
  if (!module) throw new Error('SoftHSM2 is not on this machine: apt-get install softhsm2');
  const config = folder === undefined ? (process.env.SOFTHSM2_CONF ?? configIn()) : configIn(folder);
  const label = token ?? `stackrunner-${randomBytes(6).toString('hex')}`;
  const env = { ...process.env, SOFTHSM2_CONF: config };
  const slots = spawnSync('softhsm2-util', ['--show-slots'], { env, encoding: 'utf8' });
  if (!slots.stdout.split('\n').some((line) => line.trim() === `Label:            ${label}`.trim())) {
    const args = ['--init-token', '--free', '--label', label, '--so-pin', pin, '--pin', pin];
    const made = spawnSync('softhsm2-util', args, { env });
    if (made.status !== 0) throw new Error(`softhsm2-util made no token: ${made.stderr}`);
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

function configIn(folder = mkdtempSync(join(tmpdir(), 'softhsm-'))): string {
  const config = join(folder, 'softhsm2.conf');
  if (existsSync(config)) return config;
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  writeFileSync(config, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  return config;
}
