import { generalNameTag } from '../csr/general-names.js';
import { formatIpAddress, parseIpAddress } from '../csr/ip-address.js';
import { checkHostName, checkMailbox } from '../csr/name-syntax.js';
import { constructedContextTag, DerError, DerReader, der, derSequence, oid, tag } from '../der/index.js';
import { extension } from './extension-writer.js';

/**
 * Name constraints (RFC 5280 §4.2.1.10); an empty list constrains nothing.
 *
 * DNS: a domain, which covers itself and all below it. IP: CIDR notation. Email: a mailbox, a host, or `.domain`
 * for all hosts below it. URI: a host, or `.domain`, fully qualified.
 */
export interface NameConstraints {
  readonly permittedDns: readonly string[];
  readonly excludedDns: readonly string[];
  readonly permittedIp: readonly string[];
  readonly excludedIp: readonly string[];
  readonly permittedEmail: readonly string[];
  readonly excludedEmail: readonly string[];
  readonly permittedUri: readonly string[];
  readonly excludedUri: readonly string[];
}

export const noNameConstraints: NameConstraints = {
  permittedDns: [],
  excludedDns: [],
  permittedIp: [],
  excludedIp: [],
  permittedEmail: [],
  excludedEmail: [],
  permittedUri: [],
  excludedUri: [],
};

/** The lists of each side with the kind of name in them. */
const lists = {
  permitted: [
    ['permittedDns', 'dnsName'],
    ['permittedIp', 'ipAddress'],
    ['permittedEmail', 'rfc822Name'],
    ['permittedUri', 'uri'],
  ],
  excluded: [
    ['excludedDns', 'dnsName'],
    ['excludedIp', 'ipAddress'],
    ['excludedEmail', 'rfc822Name'],
    ['excludedUri', 'uri'],
  ],
} as const satisfies Record<
  string,
  readonly (readonly [keyof NameConstraints, keyof typeof generalNameTag])[]
>;

/** The first thing that is wrong with the form of the constraints, in words; undefined when they are fine. */
export function nameConstraintsProblem(constraints: NameConstraints): string | undefined {
  try {
    nameConstraintsExtension(constraints);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/**
 * The critical extension, or undefined when nothing is constrained: an empty one is forbidden.
 *
 * @throws RangeError for a malformed constraint
 */
export function nameConstraintsExtension(constraints: NameConstraints): Buffer | undefined {
  const sides = [subtrees(constraints, 'permitted', 0), subtrees(constraints, 'excluded', 1)];
  const present = sides.filter((side) => side !== undefined);
  return present.length === 0 ? undefined : extension(oid.nameConstraints, derSequence(...present), true);
}

/** Reads the value of the extension. Subtrees for kinds of names that are never certified here are left out. @throws DerError */
export function readNameConstraints(value: Uint8Array): NameConstraints {
  const found: Record<keyof NameConstraints, string[]> = {
    permittedDns: [],
    excludedDns: [],
    permittedIp: [],
    excludedIp: [],
    permittedEmail: [],
    excludedEmail: [],
    permittedUri: [],
    excludedUri: [],
  };
  const what = 'the name constraints';
  const reader = new DerReader(value);
  const outer = reader.enter(tag.sequence, what);
  for (const [number, side] of [lists.permitted, lists.excluded].entries()) {
    if (reader.peek() !== constructedContextTag(number)) continue;
    const trees = reader.enter(constructedContextTag(number), what);
    while (reader.more) {
      const tree = reader.enter(tag.sequence, what);
      const kind = reader.next(what);
      const row = side.find(([, name]) => generalNameTag[name] === kind);
      const base = Buffer.from(reader.bytes.subarray(reader.start, reader.stop));
      if (row !== undefined)
        found[row[0]].push(row[1] === 'ipAddress' ? formatCidr(base) : base.toString('latin1'));
      reader.leave(tree, what);
    }
    reader.leave(trees, what);
  }
  reader.leave(outer, what);
  reader.end(what);
  return found;
}

function subtrees(
  constraints: NameConstraints,
  side: keyof typeof lists,
  number: number,
): Buffer | undefined {
  const trees = lists[side].flatMap(([list, kind]) =>
    constraints[list].map((base) => derSequence(der(generalNameTag[kind], encodeBase(kind, base)))),
  );
  return trees.length === 0 ? undefined : der(constructedContextTag(number), ...trees);
}

function encodeBase(kind: keyof typeof generalNameTag, base: string): Uint8Array {
  if (kind === 'ipAddress') return encodeCidr(base);
  const octets = Buffer.from(base, 'latin1');
  try {
    if (kind === 'rfc822Name' && base.includes('@')) checkMailbox(octets, 0, octets.length);
    else checkHostName(octets, kind !== 'dnsName' && base.startsWith('.') ? 1 : 0, octets.length);
  } catch (error) {
    if (error instanceof DerError)
      throw new RangeError(`the constraint "${base}" is malformed`, { cause: error });
    throw error;
  }
  if (kind === 'uri' && !base.includes('.', 1)) {
    throw new RangeError(
      `the URI constraint "${base}" is not a fully qualified domain name (RFC 5280 §4.2.1.10)`,
    );
  }
  return octets;
}

/** An address and its mask, 8 or 32 octets (RFC 5280 §4.2.1.10). */
function encodeCidr(cidr: string): Uint8Array {
  const malformed = (): RangeError => new RangeError(`the constraint "${cidr}" is not in CIDR notation`);
  const [text = '', digits = '', ...rest] = cidr.split('/');
  const address = parseIpAddress(text);
  if (address === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(digits)) throw malformed();
  const bits = Number(digits);
  if (bits > address.length * 8) throw malformed();
  const mask = address.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, bits - i * 8)));
  if (address.some((octet, i) => (octet & ~(mask[i] ?? 0) & 0xff) !== 0)) {
    throw new RangeError(`the constraint "${cidr}" has bits set behind its prefix`);
  }
  return Buffer.concat([address, mask]);
}

function formatCidr(base: Uint8Array): string {
  const size = base.length / 2;
  if (size !== 4 && size !== 16) throw new DerError('an address in the name constraints is malformed');
  let bits = 0;
  for (const octet of base.subarray(size)) bits += 8 - Math.log2(256 - octet);
  if (!Number.isInteger(bits)) throw new DerError('a mask in the name constraints is not a prefix');
  return `${formatIpAddress(base.subarray(0, size))}/${bits}`;
}
