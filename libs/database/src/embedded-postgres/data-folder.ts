import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { StartError } from '#libs/config';
import { errorCode } from '#libs/errors';
import { isReachable } from './reachable.js';
import type { Identity } from './unprivileged-user.js';

/** Where everything of one embedded database is. */
export interface DataFolder {
  /** The passwords of its roles. */
  readonly secretsFile: string;
  /** Owned by PostgreSQL's user. */
  readonly cluster: string;
  /** PostgreSQL's own data folder; it is there once it is complete. */
  readonly pgdata: string;
}

/**
 * Makes the folders of a database, or finds them. `<dataDir>/cluster` belongs to PostgreSQL's user.
 *
 * @throws StartError when the folder cannot be made or written
 */
export function prepareDataFolder(dataDir: string, user: Identity | undefined): DataFolder {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const cluster = join(folder, 'cluster');
    if (!existsSync(cluster)) makeOwned(cluster, user);
    removeHalfMade(cluster);
    return { secretsFile: join(folder, 'passwords.json'), cluster, pgdata: join(cluster, 'pgdata') };
  } catch (error) {
    const reason = errorCode(error) ?? String(error);
    throw new StartError(`The data folder ${folder} cannot be written (${reason}).`, { cause: error });
  }
}

/** A new folder that nobody but PostgreSQL's user can enter. */
export function makeOwned(folder: string, user: Identity | undefined): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  if (user) chownSync(folder, user.uid, user.gid);
}

/**
 * How PostgreSQL's programs are told their data folder. They run within it, so where their user could not pass
 * a folder above it (root's home is 0700) they find it as the place where they are: Linux follows that link
 * without looking at the folders above. Opening somebody's home for everyone is not ours to do.
 */
export function nameForServer(pgdata: string, user: Identity | undefined): string {
  if (isReachable(pgdata, user)) return pgdata;
  if (platform() === 'linux') return '/proc/self/cwd';
  throw new StartError(
    `PostgreSQL does not run as root, and the user that it runs as cannot reach ${pgdata}: choose another data folder.`,
  );
}

const halfMade = /^pgdata\.new-(\d+)-\d+/;
let made = 0;

/** Where initdb works until it is done: a start that is killed meanwhile leaves no half database. */
export function unfinished(cluster: string): string {
  made += 1;
  return join(cluster, `pgdata.new-${process.pid}-${made}`);
}

function removeHalfMade(cluster: string): void {
  for (const name of readdirSync(cluster)) {
    const pid = halfMade.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(cluster, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
