import { oid, tag, upperBound } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';
import { firstInName, type NameAttribute } from '../walk.js';

/** Upper bounds in characters. */
const bounds = new Map<string, number>([
  [oid.commonName, upperBound.commonName],
  [oid.organizationName, upperBound.organizationName],
]);

export const nameUpperBoundsLint: FrameLint = {
  name: 'name-upper-bounds',
  citation: 'RFC 5280 appendix A.1',
  reads: 'frame',
  kinds: everyKind,
  check: ({ subject }) => firstInName(subject, problem),
};

function problem({ type, valueTag, bytes, start, stop }: NameAttribute): string | undefined {
  const bound = bounds.get(type);
  if (bound === undefined) return undefined;
  const octets = stop - start;
  if (octets === 0) return `the attribute ${type} is empty`;
  if (octets <= bound) return undefined;
  const characters = valueTag === tag.utf8String ? charactersOf(bytes, start, stop) : octets;
  return characters > bound
    ? `the attribute ${type} has ${characters} characters; at most ${bound} are allowed`
    : undefined;
}

function charactersOf(bytes: Uint8Array, start: number, stop: number): number {
  let characters = 0;
  for (let i = start; i < stop; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) characters++;
  return characters;
}
