/** DER (X.690), as much of it as a request and a PKCS#12 file need. Everything is written, nothing is read. */
export type Bytes = Uint8Array<ArrayBuffer>;

const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

export function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tlv(tag: number, ...contents: Uint8Array[]): Bytes {
  const content = concat(contents);
  return concat([Uint8Array.of(tag, ...lengthOctets(content.length)), content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export const sequence = (...parts: Uint8Array[]): Bytes => tlv(tags.sequence, ...parts);
export const set = (...parts: Uint8Array[]): Bytes => tlv(tags.set, ...parts);
export const octetString = (content: Uint8Array): Bytes => tlv(tags.octetString, content);
export const bitString = (content: Uint8Array): Bytes => tlv(tags.bitString, Uint8Array.of(0), content);
export const nothing = (): Bytes => tlv(tags.null);
export const utf8String = (text: string): Bytes => tlv(tags.utf8, new TextEncoder().encode(text));
export const bmpString = (text: string): Bytes => tlv(tags.bmp, utf16(text));
/** `[number] EXPLICIT`, or an IMPLICIT constructed one. */
export const context = (number: number, ...parts: Uint8Array[]): Bytes => tlv(0xa0 | number, ...parts);
/** `[number] IMPLICIT` of a primitive type. */
export const implicit = (number: number, content: Uint8Array): Bytes => tlv(0x80 | number, content);

/** A non-negative number, big-endian. */
export function integer(value: number | Uint8Array): Bytes {
  const octets = typeof value === 'number' ? lengthOctetsOf(value) : [...value];
  while (octets.length > 1 && octets[0] === 0 && (octets[1] ?? 0) < 0x80) octets.shift();
  if ((octets[0] ?? 0) >= 0x80) octets.unshift(0);
  return tlv(tags.integer, Uint8Array.from(octets));
}

function lengthOctetsOf(value: number): number[] {
  const octets = [value % 256];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256))
    octets.unshift(rest % 256);
  return octets;
}

/** @param dotted for example `1.2.840.113549.1.7.1` */
export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest];
  return tlv(tags.oid, Uint8Array.from(arcs.flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}

/** UTF-16, big-endian. */
export function utf16(text: string): Bytes {
  return Uint8Array.from(
    [...text].flatMap((_, at) => [text.charCodeAt(at) >> 8, text.charCodeAt(at) & 0xff]),
  );
}

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += String.fromCharCode(octet);
  return btoa(text);
}

/** The content of every PEM block of a text. */
export function pemBlocks(text: string): Bytes[] {
  return [...text.matchAll(/-----BEGIN [A-Z ]+-----([\sA-Za-z0-9+/=]+)-----END [A-Z ]+-----/g)].map(
    ([, content = '']) =>
      Uint8Array.from(atob(content.replaceAll(/\s/g, '')), (character) => character.charCodeAt(0)),
  );
}

export function pem(label: string, der: Uint8Array): string {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
