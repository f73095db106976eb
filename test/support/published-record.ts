import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Damages the last line but one of what the revocation service has written down outside of the database. */
export function damageLastButOne(recordDir: string): void {
  const path = join(recordDir, 'journal.log');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const damaged = [...lines.slice(0, -2), lines.at(-2)?.replace('"ca"', '"c!'), lines.at(-1)];
  writeFileSync(path, `${damaged.join('\n')}\n`);
}
