/** The issuer's own serial numbers have 16 octets; RFC 5280 §4.1.2.2 allows 20. */
const octets = 16;
const longestOctets = 20;

/**
 * A serial number in lower-case hexadecimal without colons and without leading zero octets, as openssl
 * prints it but for the case.
 */
export function hexSerial(serial: Uint8Array): string {
  let start = 0;
  while (start < serial.length - 1 && serial[start] === 0) start += 1;
  return Buffer.from(serial.buffer, serial.byteOffset + start, serial.byteLength - start).toString('hex');
}

const colons = /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2})+$/i;
const plain = /^[0-9a-f]+$/i;

/**
 * Reads a serial number with or without colons, in any case, with or without leading zeros.
 *
 * @returns 16 octets, big-endian (17 to 20 where the number needs them); undefined when it is no serial number
 */
export function parseSerial(text: string): Uint8Array | undefined {
  const digits = digitsOf(text)?.replace(/^0+/, '');
  if (digits === undefined || digits.length > 2 * longestOctets) return undefined;
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return new Uint8Array(Buffer.from(even.padStart(2 * octets, '0'), 'hex'));
}

function digitsOf(text: string): string | undefined {
  // Longer than any serial number with colons and a few leading zeros.
  if (text.length > 256) return undefined;
  if (plain.test(text)) return text;
  if (!colons.test(text)) return undefined;
  return text
    .split(':')
    .map((octet) => octet.padStart(2, '0'))
    .join('');
}
