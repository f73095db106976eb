const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** The longest request, in octets of DER. */
export const longestRequest = 16_384;
const longestText = longestRequest * 4;

/**
 * The request that a GET carries in its path (RFC 6960 appendix A.1), however a client encodes it: base64 with `+`,
 * `/` and `=` as they are or percent-encoded, once or twice; base64url; without padding; with line breaks.
 *
 * @param text what stands behind `ocsp/`
 * @returns undefined for what is no base64
 */
export function requestOfPath(text: string): Buffer | undefined {
  if (text.length === 0 || text.length > longestText) return undefined;
  let plain = text;
  for (let round = 0; round < 2 && plain.includes('%'); round++) {
    const decoded = percentDecoded(plain);
    if (decoded === undefined) return undefined;
    plain = decoded;
  }
  // A form-decoding proxy makes a space of `+`.
  plain = plain
    .replace(/ /g, '+')
    .replace(/-/g, '+')
    .replace(/_/g, '/')
    .replace(/[\r\n\t]/g, '');
  return base64.test(plain) ? Buffer.from(plain, 'base64') : undefined;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
