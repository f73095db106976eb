import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ServiceName, StartError, serviceNames } from '#libs/config';
import { errorCode } from '#libs/errors';

/** Passwords of the owner and of every service's role, made once a data folder. */
export interface DatabaseSecrets {
  readonly owner: string;
  readonly services: Readonly<Record<ServiceName, string>>;
}

/** Reads the passwords from a file (mode 0600), or makes them where there is no database yet. */
export function databaseSecrets(file: string, mayMake: boolean): DatabaseSecrets {
  if (mayMake) makeSecrets(file);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DatabaseSecrets;
  } catch (error) {
    throw new StartError(`${file} holds the passwords of the embedded database and cannot be read.`, {
      cause: error,
    });
  }
}

function makeSecrets(file: string): void {
  const services = Object.fromEntries(serviceNames.map((service) => [service, randomPassword()]));
  const draft = `${file}.new-${randomPassword()}`;
  try {
    writeFileSync(draft, JSON.stringify({ owner: randomPassword(), services }), { flag: 'wx', mode: 0o600 });
    // A link, unlike a rename, replaces nothing: of two starts at once, both read what the first one made.
    linkSync(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** 192 random bits, in characters that no URL and no shell minds. */
function randomPassword(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
}
