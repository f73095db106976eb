import { tag } from './der-tag.js';

/** The number of octets that the header of a DER element with this much content takes. */
export function headerLength(contentLength: number): number {
  if (contentLength < 0x80) return 2;
  if (contentLength < 0x100) return 3;
  if (contentLength < 0x10000) return 4;
  return contentLength < 0x1000000 ? 5 : 6;
}

/** Writes a DER header at `at` and gives the place behind it. */
export function writeHeader(out: Uint8Array, at: number, header: { tag: number; length: number }): number {
  const { length } = header;
  let next = at;
  out[next++] = header.tag;
  if (length < 0x80) {
    out[next++] = length;
    return next;
  }
  const octets = headerLength(length) - 2;
  out[next++] = 0x80 | octets;
  for (let shift = (octets - 1) * 8; shift >= 0; shift -= 8) out[next++] = (length >>> shift) & 0xff;
  return next;
}

/** One DER element of the given tag around the concatenated parts. */
export function der(elementTag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = Buffer.alloc(headerLength(length) + length);
  let at = writeHeader(out, 0, { tag: elementTag, length });
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return der(tag.sequence, ...parts);
}

/** An INTEGER from its unsigned big-endian octets: leading zeros dropped, one added where the sign needs it. */
export function derUnsignedInteger(octets: Uint8Array): Buffer {
  let from = 0;
  while (from < octets.length - 1 && octets[from] === 0) from++;
  const value = octets.subarray(from);
  const first = value[0] ?? 0;
  if (value.length === 0) return der(tag.integer, Buffer.from([0]));
  return first > 0x7f ? der(tag.integer, Buffer.from([0]), value) : der(tag.integer, value);
}

export function derBoolean(value: boolean): Buffer {
  return der(tag.boolean, Buffer.from([value ? 0xff : 0]));
}

export function derNull(): Buffer {
  return der(tag.null);
}

export function derOctetString(content: Uint8Array): Buffer {
  return der(tag.octetString, content);
}

/** A BIT STRING of whole octets. */
export function derBitString(content: Uint8Array): Buffer {
  return der(tag.bitString, Buffer.from([0]), content);
}

/** A named bit list (X.690 §11.2.2) from bit numbers 0 to 15; trailing zero bits are dropped. */
export function derNamedBits(bits: readonly number[]): Buffer {
  const highest = Math.max(-1, ...bits);
  const octets = Buffer.alloc((highest >> 3) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  const unused = highest < 0 ? 0 : 7 - (highest & 7);
  return der(tag.bitString, Buffer.from([unused]), octets);
}

export function derUtf8String(text: string): Buffer {
  return der(tag.utf8String, Buffer.from(text, 'utf8'));
}

export function derIa5String(text: string, elementTag: number = tag.ia5String): Buffer {
  return der(elementTag, Buffer.from(text, 'latin1'));
}
