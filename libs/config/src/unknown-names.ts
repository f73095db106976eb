import { allOptions } from './all-options.js';
import type { Environment } from './load-config.js';
import { prefix } from './option.js';

/** Names that the test harness reads, and one that the shell examples of the documentation use. */
const otherNames = [`${prefix}TEST_CONTAINERS`, `${prefix}TEST_POSTGRES`, `${prefix}HANDLE`];

/** One warning line for each variable with our prefix that no process reads, with the closest known name. */
export function unknownNames(env: Environment): string[] {
  const known = new Set(otherNames);
  for (const { env: name, secret } of allOptions()) {
    known.add(name);
    if (secret) known.add(`${name}_FILE`);
  }
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .sort()
    .map((name) => `${name} is not an option and has no effect; did you mean ${closest(name, known)}?`);
}

function closest(name: string, known: ReadonlySet<string>): string {
  const [best] = [...known].sort((a, b) => distance(name, a) - distance(name, b));
  return best ?? '';
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
