import type { MintRequest } from '#libs/contracts';
import type { CertificateOctets } from './certificate-block.js';

/** What all certificates of one request share. */
export interface IssuedContext {
  /** UUID. */
  readonly customerId: string;
  /** UUID. */
  readonly caId: string;
  /** Unix seconds. */
  readonly notBefore: number;
  /** Unix seconds. */
  readonly notAfter: number;
}

const lengthDelimited = 2;
const varint = 0;

/**
 * The encoding of `stackrunner.event.v1.Issued` for one request, by hand: the records of a request differ in
 * serial and fingerprint only, and the generic encoder costs more than building a certificate.
 */
export function encodeIssued(context: IssuedContext, certificates: readonly CertificateOctets[]): Uint8Array {
  const ids = Buffer.concat([field(1, Buffer.from(context.customerId)), field(2, Buffer.from(context.caId))]);
  const times = Buffer.concat([number(4, context.notBefore), number(5, context.notAfter)]);
  const parts: Uint8Array[] = [];
  for (const { serial, fingerprint } of certificates) {
    parts.push(field(1, Buffer.concat([ids, field(3, serial), times, field(6, fingerprint)])));
  }
  return Buffer.concat(parts);
}

/** The encoding of the same event for who asked for the certificates of one request. */
export function encodeIssuedRequest(request: AskedBy): Uint8Array {
  const { csrs, actorKind, credentialId, actorHash, requestId, handle } = request;
  const parts = [number(1, csrs.length), number(2, actorKind)];
  if (credentialId !== '') parts.push(field(3, Buffer.from(credentialId)));
  if (actorHash.length > 0) parts.push(field(4, actorHash));
  if (requestId !== '') parts.push(field(5, Buffer.from(requestId)));
  if (handle !== '') parts.push(field(6, Buffer.from(handle)));
  return field(3, Buffer.concat(parts));
}

/** What is told of who asked. */
export type AskedBy = Pick<
  MintRequest,
  'csrs' | 'actorKind' | 'credentialId' | 'actorHash' | 'requestId' | 'handle'
>;

/** A field of bytes, a string or a message; shorter than 16,384 octets. */
function field(id: number, value: Uint8Array): Buffer {
  const header = value.length < 128 ? 2 : 3;
  const encoded = Buffer.allocUnsafe(header + value.length);
  encoded[0] = (id << 3) | lengthDelimited;
  if (header === 2) {
    encoded[1] = value.length;
  } else {
    encoded[1] = (value.length & 0x7f) | 0x80;
    encoded[2] = value.length >> 7;
  }
  encoded.set(value, header);
  return encoded;
}

/** A positive int64 field; absent when zero, as proto3 asks. */
function number(id: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0);
  const octets = [(id << 3) | varint];
  let rest = value;
  while (rest >= 128) {
    octets.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  octets.push(rest);
  return Buffer.from(octets);
}
