import { type CertificateExtension, readExtensions } from '../certificate/tbs-certificate.js';
import {
  constructedContextTag,
  contextTag,
  DerError,
  DerReader,
  oid,
  oidOfContent,
  readGeneralizedTime,
  tag,
} from '../der/index.js';
import { readSignatureAlgorithm } from '../signature/read-signature-algorithm.js';
import type { SignatureScheme } from '../signature/signature-algorithm.js';
import { type CertId, readCertId } from './cert-id.js';
import { OcspError } from './ocsp-error.js';
import { type OcspErrorName, ocspErrors } from './ocsp-response-writer.js';

/** One SingleResponse as it was read. Times are epoch milliseconds. */
export interface ParsedSingleResponse {
  readonly certId: CertId;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Set where it is revoked. */
  readonly revokedAt: number | undefined;
  /** Undefined where it is absent. */
  readonly reason: number | undefined;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

/** ResponseData (RFC 6960 §4.2.1) taken apart. */
export interface OcspResponseData {
  /** SHA-1 of the responder's key; undefined where the responder is named by its name. */
  readonly responderKeyHash: Uint8Array | undefined;
  readonly producedAt: number;
  readonly responses: readonly ParsedSingleResponse[];
  readonly extensions: readonly CertificateExtension[];
  readonly nonce: Uint8Array | undefined;
}

/** A successful response. */
export interface BasicOcspResponse {
  readonly kind: 'successful';
  /** What the signature covers. */
  readonly tbs: Uint8Array;
  readonly data: OcspResponseData;
  readonly signatureScheme: SignatureScheme;
  readonly signature: Uint8Array;
  /** In DER. */
  readonly certificates: readonly Uint8Array[];
}

export type ParsedOcspResponse = BasicOcspResponse | { readonly kind: OcspErrorName };

const errorNames = new Map<number, OcspErrorName>(
  Object.entries(ocspErrors).map(([name, code]) => [code, name as OcspErrorName]),
);

/**
 * Parses an OCSPResponse in strict DER. The signature is not verified.
 *
 * @throws OcspError and nothing else, whatever the bytes
 */
export function parseOcspResponse(der: Uint8Array): ParsedOcspResponse {
  try {
    return read(new DerReader(der));
  } catch (error) {
    if (error instanceof DerError) throw new OcspError(error.message, { cause: error });
    throw error;
  }
}

function read(reader: DerReader): ParsedOcspResponse {
  const outer = reader.enter(tag.sequence, 'the response');
  const status = enumerated(reader, 'the response status');
  if (status !== 0) {
    reader.leave(outer, 'the response');
    reader.end('the response');
    const kind = errorNames.get(status);
    if (kind === undefined) throw new DerError(`the response status ${status} does not exist`);
    return { kind };
  }
  const explicit = reader.enter(constructedContextTag(0), 'the response bytes');
  const bytes = reader.enter(tag.sequence, 'the response bytes');
  reader.read(tag.objectIdentifier, 'the response type');
  const type = oidOfContent(reader.bytes, reader.start, reader.stop);
  if (type !== oid.ocspBasic) throw new DerError(`the response type ${type} is not basic`);
  const basic = reader.content(tag.octetString, 'the response');
  reader.leave(bytes, 'the response bytes');
  reader.leave(explicit, 'the response bytes');
  reader.leave(outer, 'the response');
  reader.end('the response');
  return readBasic(new DerReader(basic));
}

function readBasic(reader: DerReader): BasicOcspResponse {
  const outer = reader.enter(tag.sequence, 'the basic response');
  const from = reader.position;
  const data = readResponseData(reader);
  const tbs = reader.bytes.subarray(from, reader.position);
  const signatureScheme = readSignatureAlgorithm(reader);
  reader.octetAlignedBitString('the signature');
  const signature = reader.bytes.subarray(reader.start, reader.stop);
  const certificates: Uint8Array[] = [];
  if (reader.more) {
    const explicit = reader.enter(constructedContextTag(0), 'the certificates');
    const list = reader.enter(tag.sequence, 'the certificates');
    while (reader.more) certificates.push(reader.element(tag.sequence, 'a certificate'));
    reader.leave(list, 'the certificates');
    reader.leave(explicit, 'the certificates');
  }
  reader.leave(outer, 'the basic response');
  reader.end('the basic response');
  return { kind: 'successful', tbs, data, signatureScheme, signature, certificates };
}

/** @throws DerError */
export function parseOcspResponseData(tbs: Uint8Array): OcspResponseData {
  const reader = new DerReader(tbs);
  const data = readResponseData(reader);
  reader.end('the response data');
  return data;
}

function readResponseData(reader: DerReader): OcspResponseData {
  const outer = reader.enter(tag.sequence, 'the response data');
  if (reader.peek() === constructedContextTag(0)) {
    throw new DerError('the version is v1 and written out, or unknown');
  }
  const responderKeyHash = readResponderId(reader);
  const producedAt = readGeneralizedTime(reader, 'producedAt');
  const responses: ParsedSingleResponse[] = [];
  const list = reader.enter(tag.sequence, 'the responses');
  while (reader.more) responses.push(readSingle(reader));
  reader.leave(list, 'the responses');
  const extensions = reader.more ? readExtensions(reader, 1) : [];
  reader.leave(outer, 'the response data');
  return { responderKeyHash, producedAt, responses, extensions, nonce: nonceOf(extensions) };
}

function readResponderId(reader: DerReader): Uint8Array | undefined {
  if (reader.peek() === constructedContextTag(1)) {
    reader.read(constructedContextTag(1), "the responder's name");
    return undefined;
  }
  const explicit = reader.enter(constructedContextTag(2), 'the responder');
  const hash = reader.content(tag.octetString, "the hash of the responder's key");
  reader.leave(explicit, 'the responder');
  return hash;
}

function readSingle(reader: DerReader): ParsedSingleResponse {
  const outer = reader.enter(tag.sequence, 'a single response');
  const certId = readCertId(reader);
  const { status, revokedAt, reason } = readStatus(reader);
  const thisUpdate = readGeneralizedTime(reader, 'thisUpdate');
  let nextUpdate: number | undefined;
  if (reader.peek() === constructedContextTag(0)) {
    const explicit = reader.enter(constructedContextTag(0), 'nextUpdate');
    nextUpdate = readGeneralizedTime(reader, 'nextUpdate');
    reader.leave(explicit, 'nextUpdate');
  }
  if (reader.more) readExtensions(reader, 1);
  reader.leave(outer, 'a single response');
  return { certId, status, revokedAt, reason, thisUpdate, nextUpdate };
}

function readStatus(reader: DerReader): Pick<ParsedSingleResponse, 'status' | 'revokedAt' | 'reason'> {
  const what = 'the certificate status';
  switch (reader.peek()) {
    case contextTag(0):
      return { status: 'good', ...empty(reader, contextTag(0)) };
    case contextTag(2):
      return { status: 'unknown', ...empty(reader, contextTag(2)) };
    default: {
      const outer = reader.enter(constructedContextTag(1), what);
      const revokedAt = readGeneralizedTime(reader, 'the revocation time');
      let reason: number | undefined;
      if (reader.more) {
        const explicit = reader.enter(constructedContextTag(0), 'the revocation reason');
        reason = enumerated(reader, 'the revocation reason');
        reader.leave(explicit, 'the revocation reason');
      }
      reader.leave(outer, what);
      return { status: 'revoked', revokedAt, reason };
    }
  }
}

function empty(reader: DerReader, expected: number): { revokedAt: undefined; reason: undefined } {
  if (reader.content(expected, 'the certificate status').length > 0) {
    throw new DerError('the certificate status is not an empty NULL');
  }
  return { revokedAt: undefined, reason: undefined };
}

function enumerated(reader: DerReader, what: string): number {
  const content = reader.content(tag.enumerated, what);
  if (content.length !== 1) throw new DerError(`${what} is not one octet`);
  return content[0] as number;
}

function nonceOf(extensions: readonly CertificateExtension[]): Uint8Array | undefined {
  const found = extensions.find((each) => each.oid === oid.ocspNonce);
  if (found === undefined) return undefined;
  const reader = found.value.reader();
  const nonce = reader.content(tag.octetString, 'the nonce');
  reader.end('the nonce');
  return nonce;
}
