import { DerError } from './der-error.js';
import { DerReader } from './der-reader.js';
import { tag } from './der-tag.js';
import { checkOid } from './oid.js';

/** Deeper than anything in PKIX needs; a bound for the stack. */
const maxDepth = 16;

const constructed = 0x20;
const universalPrimitives = new Set<number>([
  ...[tag.boolean, tag.integer, tag.bitString, tag.octetString, tag.null, tag.objectIdentifier],
  ...[tag.enumerated, tag.utf8String, tag.printableString, tag.teletexString, tag.ia5String],
  ...[tag.utcTime, tag.generalizedTime, tag.universalString, tag.bmpString],
  // NumericString, VideotexString, VisibleString, GeneralString: legal in a DirectoryString's neighbourhood.
  ...[0x12, 0x15, 0x1a, 0x1b],
]);

/**
 * Checks that the rest of the entered element is a series of well-formed DER elements of any type, and reads over it.
 *
 * For values whose meaning does not matter here (foreign attributes, unknown extensions, a Subject that is
 * replaced): they must still be DER all the way down.
 *
 * @throws DerError
 */
export function readWellFormed(reader: DerReader, what: string, depth = 0): void {
  if (depth > maxDepth) throw new DerError(`${what} is nested too deeply`);
  while (reader.more) {
    const identifier = reader.peek();
    if ((identifier & constructed) !== 0) {
      if (identifier < 0x40 && identifier !== tag.sequence && identifier !== tag.set) {
        throw new DerError(`${what} has a string in pieces, which DER forbids`);
      }
      const outer = reader.enter(identifier, what);
      readWellFormed(reader, what, depth + 1);
      reader.leave(outer, what);
    } else {
      readPrimitive(reader, identifier, what);
    }
  }
}

function readPrimitive(reader: DerReader, identifier: number, what: string): void {
  if (identifier >= 0x40) {
    reader.next(what);
    return;
  }
  if (!universalPrimitives.has(identifier)) throw new DerError(`${what} has an element of an unknown type`);
  if (identifier === tag.integer) reader.integer(what);
  else if (identifier === tag.boolean) reader.boolean(what);
  else reader.next(what);
  const { bytes, start, stop } = reader;
  if (identifier === tag.objectIdentifier) checkOid(bytes, start, stop);
  if (identifier === tag.null && start !== stop) throw new DerError(`${what} has a NULL that is not empty`);
  if (identifier === tag.bitString) checkBitString(reader, what);
}

function checkBitString({ bytes, start, stop }: DerReader, what: string): void {
  const octets = stop - start - 1;
  const unused = bytes[start] as number;
  const padding = octets > 0 ? (bytes[stop - 1] as number) & ((1 << unused) - 1) : unused;
  if (octets < 0 || unused > 7 || padding !== 0) throw new DerError(`${what} has a malformed BIT STRING`);
}

/** Checks one whole element, which must be alone in its bytes. @throws DerError */
export function checkWellFormed(bytes: Uint8Array, what: string): void {
  const reader = new DerReader(bytes);
  if (!reader.more) throw new DerError(`${what} is empty`);
  const first = new DerReader(bytes);
  first.next(what);
  first.end(what);
  readWellFormed(reader, what);
}
