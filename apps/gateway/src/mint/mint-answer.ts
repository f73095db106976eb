import type { IssuedCertificate, MintResponse } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { timestamp } from '../http/timestamp.js';
import { hexSerial } from '../pki/serial.js';

/**
 * Writes the answer of a mint (specification 1 §3) by hand: a hundred certificates are some 150 kB, and
 * nothing in them but line ends needs escaping.
 *
 * @param handle the customer's, for `batch_id`
 * @returns ASCII JSON
 */
export function writeMintAnswer(handle: string, minted: MintResponse): string {
  let certificates = '';
  for (const certificate of minted.certificates) {
    certificates += `${certificates === '' ? '' : ','}${certificateJson(certificate)}`;
  }
  const batchId = minted.batchNumber === undefined ? '' : `,"batch_id":"${handle}-#${minted.batchNumber}"`;
  return `{"version":"v1","certs":[${certificates}],"chain":"${chainJson(minted.chain)}"${batchId}}`;
}

/** Writes the answer to one CSR of the Free tier (specification 3): the certificate's members, and the chain. */
export function writeSingleAnswer({ certificates, chain }: MintResponse): string {
  const [certificate] = certificates;
  if (certificate === undefined)
    throw new DomainError('internal', 'The issuer answered without a certificate.');
  return `${certificateJson(certificate).slice(0, -1)},"chain":"${chainJson(chain)}"}`;
}

function certificateJson({ der, serial, fingerprint, notBefore, notAfter }: IssuedCertificate): string {
  return `{"cert_pem":"${pemJson(der)}","serial":"${hexSerial(serial)}","fingerprint":"${hex(fingerprint)}","issued_at":"${issuedAt.write(notBefore)}","expires_at":"${expiresAt.write(notAfter)}"}`;
}

/** PEM (RFC 7468) as the inside of a JSON string: lines of 64 characters that end in an escaped newline. */
function pemJson(der: Uint8Array): string {
  const base64 = view(der).toString('base64');
  let text = '-----BEGIN CERTIFICATE-----\\n';
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\\n`;
  return `${text}-----END CERTIFICATE-----\\n`;
}

interface WrittenChain {
  readonly ders: readonly Uint8Array[];
  readonly json: string;
}

/** Chains change once a year, and few are in use at once: by the last bytes of the intermediate's signature. */
const written = new Map<string, WrittenChain>();
const mostChains = 1_000;

function chainJson(ders: readonly Uint8Array[]): string {
  const key = ders[0] === undefined ? '' : view(ders[0].subarray(-16)).toString('latin1');
  const known = written.get(key);
  if (known !== undefined && sameChain(known.ders, ders)) return known.json;
  const json = ders.map(pemJson).join('');
  if (written.size >= mostChains) written.clear();
  // Copied: the bytes may be a view into a whole message.
  written.set(key, { ders: ders.map((der) => Uint8Array.from(der)), json });
  return json;
}

function sameChain(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((der, index) => view(der).equals(other[index] ?? der));
}

/** RFC 3339 in UTC, whole seconds; certificates that are minted within one second say the same. */
class LastTime {
  private seconds = Number.NaN;
  private text = '';

  write(seconds: bigint): string {
    const number = Number(seconds);
    if (number !== this.seconds) {
      this.seconds = number;
      this.text = timestamp(number);
    }
    return this.text;
  }
}

const issuedAt = new LastTime();
const expiresAt = new LastTime();

function hex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
