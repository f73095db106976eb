import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '#libs/config';
import { errorCode } from '#libs/errors';
import { isReachable, sharedFolder } from './reachable.js';
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
 * Makes the folders of a database, or finds them.
 *
 * `<dataDir>/cluster` belongs to PostgreSQL's user. Where that user could not reach it, because a folder
 * above is closed to it (root's home is 0700), it is a link to a folder of its own below /var/lib: opening
 * somebody's home for everyone is not ours to do.
 *
 * @throws StartError when the folder cannot be made or written
 */
export function prepareDataFolder(dataDir: string, user: Identity | undefined): DataFolder {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const link = join(folder, 'cluster');
    if (!existsSync(link)) makeCluster(folder, link, user);
    const cluster = realpathSync(link);
    removeHalfMade(cluster);
    return { secretsFile: join(folder, 'passwords.json'), cluster, pgdata: join(cluster, 'pgdata') };
  } catch (error) {
    const reason = errorCode(error) ?? String(error);
    throw new StartError(`The data folder ${folder} cannot be written (${reason}).`, { cause: error });
  }
}

function makeCluster(folder: string, link: string, user: Identity | undefined): void {
  // A link whose target is gone is as good as none.
  rmSync(link, { force: true });
  let cluster = link;
  if (isReachable(folder, user)) mkdirSync(cluster, { recursive: true });
  else {
    cluster = mkdtempSync(join(sharedFolder(), 'database-'));
    symlinkSync(cluster, link);
  }
  chmodSync(cluster, 0o700);
  if (user) chownSync(cluster, user.uid, user.gid);
}

const halfMade = /^pgdata\.new-(\d+)$/;

/** Where initdb works until it is done: a start that is killed meanwhile leaves no half database. */
export function unfinished(cluster: string): string {
  return join(cluster, `pgdata.new-${process.pid}`);
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
