import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who runs what of `npm run start:services`, as its data folder says. */
export interface Services {
  readonly pids: Readonly<Record<string, number | null>>;
  readonly metricsPorts: Readonly<Record<string, number>>;
}

export function servicesOf(dataDir: string): Services {
  return JSON.parse(readFileSync(join(dataDir, 'services.json'), 'utf8'));
}

/** The PostgreSQL server of a data folder; undefined while there is none. */
export function postmasterPid(dataDir: string): number | undefined {
  const folder = join(dataDir, 'postgres');
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('postmaster.pid'),
  );
  return file ? Number(readFileSync(join(folder, file), 'utf8').split('\n')[0]) : undefined;
}

/** @returns false where there was nobody to kill: it died just before, or its file is just being written */
export function killed(pidOf: () => number | null | undefined): boolean {
  try {
    const pid = pidOf();
    if (pid) process.kill(pid, 'SIGKILL');
    return Boolean(pid);
  } catch {
    return false;
  }
}

/** Where CRL and OCSP are served by themselves, without the gateway. */
export function statusOriginOf(printed: string): string {
  const origin = /CRL and OCSP +(\S+)\/pki,/.exec(printed)?.[1];
  if (origin === undefined) throw new Error(`it does not say where CRL and OCSP are:\n${printed}`);
  return origin;
}
