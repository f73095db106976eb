import { isIPv6 } from 'node:net';
import { DerError } from '../der/index.js';
import { checkHostName } from './name-syntax.js';
import { printable } from './printable.js';

const maxUri = 2048;
/** RFC 3986 §3: a scheme, and something behind it, of the characters of §2 and whole percent-encodings. */
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const authorityOf = /^[^:]+:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:@]*)(?::\d*)?(?:[/?#]|$)/;

/**
 * Checks a uniformResourceIdentifier (RFC 5280 §4.2.1.6): absolute, with a scheme-specific part, and where it has
 * an authority then with a fully qualified domain name or an IP address in it.
 *
 * @throws DerError
 */
export function checkUri(bytes: Uint8Array, start: number, stop: number): void {
  const refuse = (why: string): never => {
    throw new DerError(`the URI "${printable(bytes, start, stop)}" ${why}`);
  };
  if (stop - start > maxUri) refuse(`is longer than ${maxUri} octets`);
  const text = Buffer.from(bytes.subarray(start, stop)).toString('latin1');
  if (!absoluteUri.test(text)) refuse('is not an absolute URI');
  if (!/^[^:]+:\/\//.test(text)) return;
  const host = authorityOf.exec(text)?.[1];
  if (host === undefined || host === '') {
    refuse('has no host');
    return;
  }
  if (host.startsWith('[')) {
    if (!isIPv6(host.slice(1, -1))) refuse('has a malformed IPv6 address');
    return;
  }
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    if (host.split('.').some((part) => Number(part) > 255)) refuse('has a malformed IPv4 address');
    return;
  }
  const octets = Buffer.from(host, 'latin1');
  checkHostName(octets, 0, octets.length);
  if (!host.includes('.')) refuse('has a host that is not fully qualified (RFC 5280 §4.2.1.6)');
}
