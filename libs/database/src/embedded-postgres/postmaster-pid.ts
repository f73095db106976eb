import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '#libs/errors';

/** What a server writes about itself into its data folder (PostgreSQL, miscadmin.h, LOCK_FILE_LINE_*). */
export interface PostmasterPid {
  readonly pid: number;
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby';
}

/** Reads `postmaster.pid`; undefined when no server is, or was, there. */
export function readPostmasterPid(pgdata: string): PostmasterPid | undefined {
  try {
    const lines = readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n');
    const status = lines[7]?.trim();
    return {
      pid: Number(lines[0]),
      status: status === 'ready' || status === 'stopping' || status === 'standby' ? status : 'starting',
    };
  } catch {
    return undefined;
  }
}

/**
 * Whether the process is a PostgreSQL server of this very folder. A number alone says little: after a crash,
 * and always in a container, another process may have it. A server's working directory is its data folder.
 */
export function isServerOf(pid: number, pgdata: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if (errorCode(error) !== 'EPERM') return false;
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata);
  } catch {
    // No /proc (macOS), or not ours to look at: rather too careful than two servers on one folder.
    return true;
  }
}
