import { allOptions } from './all-options.js';
import type { Environment } from './environment.js';
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
    .map((name) => `${name} is not an option and has no effect${suggestion(name, known)}`);
}

function suggestion(name: string, known: ReadonlySet<string>): string {
  // Only a secret can come from a file.
  const plain = name.replace(/_FILE$/, '');
  if (known.has(plain)) return `; did you mean ${plain}?`;
  const [best] = [...known]
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  // Further away than this, it is another word and no slip.
  const slip = best && best.edits <= Math.max(2, (name.length - prefix.length) / 3);
  return slip ? `; did you mean ${best.candidate}?` : '; docs/configuration.md lists what there is.';
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
