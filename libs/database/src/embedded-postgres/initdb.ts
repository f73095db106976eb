import { spawn } from 'node:child_process';
import { chownSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { StartError } from '#libs/config';
import type { Binaries } from './binaries.js';
import { type DataFolder, makeOwned, nameForServer, unfinished } from './data-folder.js';
import type { Identity } from './unprivileged-user.js';

/** Messages in English, times in UTC, and nothing of our own environment: it may hold secrets. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface InitdbOptions {
  readonly binaries: Binaries;
  readonly user: Identity | undefined;
  readonly ownerPassword: string;
  readonly durable: boolean;
}

/** Makes a database cluster, once. Its owner is `postgres`, with a password: nobody is trusted. */
export async function initdb(folder: DataFolder, options: InitdbOptions): Promise<void> {
  const target = unfinished(folder.cluster);
  const passwordFile = `${target}.password`;
  try {
    makeOwned(target, options.user);
    writeFileSync(passwordFile, options.ownerPassword, { mode: 0o600 });
    if (options.user) chownSync(passwordFile, options.user.uid, options.user.gid);
    const name = nameForServer(target, options.user);
    await run(options, target, [
      `--pgdata=${name}`,
      '--username=postgres',
      `--pwfile=${name}/../${basename(passwordFile)}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Independent of what locales the machine has; sorts by code point.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ]);
    finish(target, folder.pgdata);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(target, { recursive: true, force: true });
  }
}

/** Gives a complete database its name. Of two starts at once one wins, and the other goes on with that one's. */
function finish(target: string, pgdata: string): void {
  try {
    renameSync(target, pgdata);
  } catch (error) {
    if (!existsSync(pgdata)) throw error;
  }
}

function run({ binaries, user }: InitdbOptions, cwd: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(binaries.initdb, args, {
      ...user,
      cwd,
      env: serverEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk;
    });
    child.on('error', (error) => reject(new StartError(`initdb cannot be run (${error.message}).`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const reason = words.split('\n').find((line) => /error|could not|fatal/i.test(line)) ?? `exit ${code}`;
      reject(new StartError(`The database could not be made: ${reason.trim()}`));
    });
  });
}
