/**
 * `grpc-message` is UTF-8 with every byte outside of printable ASCII, and the percent sign itself,
 * as `%XX` (gRPC over HTTP/2, Responses).
 */
export function percentEncode(text: string): string {
  if (!/[^\x20-\x7e]|%/.test(text)) return text;
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Never fails: what is not an escape stands for itself. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  const source = new TextEncoder().encode(text);
  const bytes: number[] = [];
  for (let at = 0; at < source.length; at += 1) {
    const found = /^%([0-9a-fA-F]{2})/.exec(String.fromCharCode(...source.subarray(at, at + 3)));
    if (found === null) bytes.push(source[at] ?? 0);
    else {
      bytes.push(Number.parseInt(found[1] ?? '', 16));
      at += 2;
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
