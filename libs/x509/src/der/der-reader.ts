import { DerError } from './der-error.js';
import { tag } from './der-tag.js';

/** A CRL of millions of entries is far below this; a longer length is a lie or an attack. */
const maxLengthOctets = 4;

/**
 * A cursor over strict DER (X.690 §10): definite lengths in the fewest octets, low tag numbers, nothing behind
 * the end. It allocates nothing: `start` and `stop` tell where the content of the last element lies.
 *
 * Every method names what it expected in `what`, and throws DerError when the bytes are something else.
 */
export class DerReader {
  /** Where the next element begins. */
  position: number;
  /** The end of the element that is entered. */
  limit: number;
  /** Content of the last element that was read: from here … */
  start = 0;
  /** … up to here, exclusive. */
  stop = 0;

  constructor(
    readonly bytes: Uint8Array,
    position = 0,
    limit: number = bytes.length,
  ) {
    this.position = position;
    this.limit = limit;
  }

  get more(): boolean {
    return this.position < this.limit;
  }

  /** The next identifier octet, or -1 at the end. */
  peek(): number {
    return this.position < this.limit ? (this.bytes[this.position] as number) : -1;
  }

  /** Reads the next element, whatever it is, and gives its identifier octet. */
  next(what: string): number {
    const { bytes, limit } = this;
    let at = this.position;
    if (at + 2 > limit) throw new DerError(`${what} is missing or cut off`);
    const identifier = bytes[at++] as number;
    if ((identifier & 0x1f) === 0x1f) throw new DerError(`${what} has a tag number above 30`);
    let length = bytes[at++] as number;
    if (length > 0x7f) {
      const octets = length & 0x7f;
      if (octets === 0) throw new DerError(`${what} has an indefinite length, which DER forbids`);
      if (octets > maxLengthOctets) throw new DerError(`${what} claims to be longer than what was sent`);
      if (at + octets > limit) throw new DerError(`${what} is cut off`);
      length = 0;
      for (let i = 0; i < octets; i++) length = ((length << 8) | (bytes[at++] as number)) >>> 0;
      if (length < 0x80 || length >>> ((octets - 1) * 8) === 0) {
        throw new DerError(`${what} has a length that is not in its shortest form, which DER requires`);
      }
    }
    if (at + length > limit) throw new DerError(`${what} claims to be longer than what holds it`);
    this.start = at;
    this.stop = at + length;
    this.position = this.stop;
    return identifier;
  }

  /** Reads an element of the given type: its content is from `start` to `stop`. */
  read(expected: number, what: string): void {
    if (this.peek() !== expected) throw this.unexpected(what);
    this.next(what);
  }

  /** Steps into a constructed element; give what it returns to {@link leave}. */
  enter(expected: number, what: string): number {
    this.read(expected, what);
    const outer = this.limit;
    this.position = this.start;
    this.limit = this.stop;
    return outer;
  }

  /** Steps out of the entered element, which must have been read to its end. */
  leave(outer: number, what: string): void {
    if (this.position !== this.limit) throw new DerError(`${what} has unexpected data at its end`);
    this.limit = outer;
  }

  /** The content of an element of the given type; shares memory with the input. */
  content(expected: number, what: string): Uint8Array {
    this.read(expected, what);
    return this.bytes.subarray(this.start, this.stop);
  }

  /** A whole element of the given type with its header; shares memory with the input. */
  element(expected: number, what: string): Uint8Array {
    const from = this.position;
    this.read(expected, what);
    return this.bytes.subarray(from, this.stop);
  }

  /** An INTEGER in its shortest form (X.690 §8.3.2); its octets are from `start` to `stop`. */
  integer(what: string): void {
    this.read(tag.integer, what);
    const { bytes, start, stop } = this;
    if (start === stop) throw new DerError(`${what} is an INTEGER without a value`);
    if (stop - start > 1) {
      const first = bytes[start] as number;
      const sign = (bytes[start + 1] as number) >> 7;
      if ((first === 0 && sign === 0) || (first === 0xff && sign === 1)) {
        throw new DerError(`${what} is an INTEGER that is not in its shortest form, which DER requires`);
      }
    }
  }

  /** An INTEGER from 0 to 2^31 - 1. */
  smallInteger(what: string): number {
    this.integer(what);
    if ((this.bytes[this.start] as number) > 0x7f) throw new DerError(`${what} is negative`);
    if (this.stop - this.start > 4) throw new DerError(`${what} is too large`);
    let value = 0;
    for (let i = this.start; i < this.stop; i++) value = (value << 8) | (this.bytes[i] as number);
    return value;
  }

  /** A BOOLEAN: one octet, 00 or FF (X.690 §11.1). */
  boolean(what: string): boolean {
    this.read(tag.boolean, what);
    const value = this.bytes[this.start];
    if (this.stop - this.start !== 1 || (value !== 0 && value !== 0xff)) {
      throw new DerError(`${what} is not a DER BOOLEAN`);
    }
    return value === 0xff;
  }

  /** A BIT STRING of whole octets; these are from `start` to `stop`. */
  octetAlignedBitString(what: string): void {
    this.read(tag.bitString, what);
    if (this.start === this.stop || this.bytes[this.start] !== 0) {
      throw new DerError(`${what} is not a BIT STRING of whole octets`);
    }
    this.start++;
  }

  /** A named bit list in DER (X.690 §11.2.2) as a number with bit 0 the most significant of 16. */
  namedBits(what: string): number {
    this.read(tag.bitString, what);
    const { bytes, start, stop } = this;
    const unused = bytes[start];
    const octets = stop - start - 1;
    if (unused === undefined || octets < 0 || unused > 7 || octets > 2 || (octets === 0 && unused > 0)) {
      throw new DerError(`${what} is not a DER BIT STRING of named bits`);
    }
    if (octets === 0) return 0;
    const last = bytes[stop - 1] as number;
    if ((last & ((1 << unused) - 1)) !== 0 || ((last >> unused) & 1) === 0) {
      throw new DerError(`${what} has trailing zero bits, which DER forbids`);
    }
    return ((bytes[start + 1] as number) << 8) | (octets === 2 ? last : 0);
  }

  /** Nothing may follow. */
  end(what: string): void {
    if (this.position !== this.limit) throw new DerError(`${what} has unexpected data at its end`);
  }

  private unexpected(what: string): DerError {
    const found = this.peek();
    return new DerError(
      found < 0 ? `${what} is missing` : `${what} is missing or malformed (found tag 0x${hexOctet(found)})`,
    );
  }
}

function hexOctet(value: number): string {
  return value.toString(16).padStart(2, '0');
}
