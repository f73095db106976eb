import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '#libs/config';
import { randomSecret } from '#libs/x509';

/** What standalone keeps on disk. Secrets are files of mode 0600, made at the first start. */
export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly keys: string;
  readonly keyFile: string;
  /** What was published about revocations, outside of the database. */
  readonly revocations: string;
  readonly demo: string;
  readonly operatorToken: string;
  /** Remembers where the issuer for development listens. */
  readonly localIssuerPort: string;
}

/**
 * Opens the data folder, and makes it when it is not there.
 *
 * @param operatorToken stands instead of the one in `operator.token`
 * @throws StartError when the folder cannot be written
 */
export function openDataFolder(directory: string, operatorToken?: string): DataFolder {
  const path = resolve(directory);
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return {
      path,
      database: join(path, 'postgres'),
      keys: privateFolder(join(path, 'keys')),
      keyFile: join(path, 'keys.secret'),
      revocations: privateFolder(join(path, 'revocations')),
      demo: privateFolder(join(path, 'demo')),
      operatorToken: operatorToken ?? secret(join(path, 'operator.token')),
      localIssuerPort: join(path, 'local-issuer.port'),
    };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartError(`The data folder ${path} cannot be written (${reason}); set STACKRUNNER_DATA_DIR.`, {
      cause: error,
    });
  }
}

function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** The secret in a file; a new one when there is none. Written whole or not at all. */
function secret(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const value = randomSecret();
  writeWhole(file, `${value}\n`);
  return value;
}

/** Writes a file of mode 0600 whole or not at all: a reader never sees half of it. */
export function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
