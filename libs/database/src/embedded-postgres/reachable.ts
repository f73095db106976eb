import { chmodSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Identity } from './unprivileged-user.js';

/**
 * Whether a user can pass every folder above a path and the path itself, by their mode bits. A checkout in
 * the home of root (mode 0700) is the usual case where that fails.
 */
export function isReachable(path: string, user: Identity | undefined): boolean {
  return !user || canPass(realpathSync(path), user);
}

function canPass(path: string, user: Identity): boolean {
  const { mode, uid, gid } = statSync(path);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  const parent = dirname(path);
  return (mode & bit) !== 0 && (parent === path || canPass(parent, user));
}

/** A folder of root's that every user can pass, for what PostgreSQL's user could not reach elsewhere. */
export function sharedFolder(): string {
  for (const base of ['/var/lib', tmpdir()]) {
    const folder = join(base, 'stackrunner');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      // In a world-writable place somebody else may have been there before.
      if (statSync(folder).uid === 0) return folder;
    } catch {
      // A read-only /var/lib: the next place.
    }
  }
  return tmpdir();
}

/** Lets everybody read a folder and what is in it, and run what its owner may run. */
export function makePassable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makePassable(path);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}
