import { readFileSync, writeFileSync } from 'node:fs';
import { type ServiceName, StartError, serviceNames } from '#libs/config';
import { errorCode } from '#libs/errors';

/** Passwords of the owner and of every service's role, made once a data folder. */
export interface DatabaseSecrets {
  readonly owner: string;
  readonly services: Readonly<Record<ServiceName, string>>;
}

/** Reads the passwords from a file (mode 0600), or makes them where there is no database yet. */
export function databaseSecrets(file: string, mayMake: boolean): DatabaseSecrets {
  if (mayMake) {
    const services = Object.fromEntries(serviceNames.map((service) => [service, randomPassword()]));
    try {
      // 'wx': of two starts at once, one makes them and both read the same.
      writeFileSync(file, JSON.stringify({ owner: randomPassword(), services }), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DatabaseSecrets;
  } catch (error) {
    throw new StartError(`${file} holds the passwords of the embedded database and cannot be read.`, {
      cause: error,
    });
  }
}

/** 192 random bits, in characters that no URL and no shell minds. */
function randomPassword(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
}
