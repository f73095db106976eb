import { readExtensionList, readExtensions } from '../certificate/tbs-certificate.js';
import { constructedContextTag, DerError, DerReader, oid, readWellFormed, tag } from '../der/index.js';
import { type CertId, readCertId } from './cert-id.js';
import { OcspError } from './ocsp-error.js';

/** Certificates of one request. Clients ask for a chain at most. */
export const mostCertIds = 32;
/** RFC 9654 §2.1: more is malformed, and so is none. */
const nonceLength = { least: 1, most: 128 } as const;

/** What a client asks (RFC 6960 §4.1). */
export interface OcspRequest {
  /** At least one, at most {@link mostCertIds}. */
  readonly certIds: readonly CertId[];
  /** 1 to 128 octets (RFC 9654 §2.1); undefined where the client sent none. */
  readonly nonce: Uint8Array | undefined;
}

/**
 * Parses an OCSPRequest in strict DER. A signature of the requester is not looked at: anyone may ask.
 *
 * @throws OcspError and nothing else: the answer to it is `malformedRequest`
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  try {
    return read(new DerReader(der));
  } catch (error) {
    if (error instanceof DerError) throw new OcspError(error.message, { cause: error });
    throw error;
  }
}

function read(reader: DerReader): OcspRequest {
  const outer = reader.enter(tag.sequence, 'the request');
  const tbs = reader.enter(tag.sequence, 'the to-be-signed request');
  if (reader.peek() === constructedContextTag(0)) {
    const explicit = reader.enter(constructedContextTag(0), 'the version');
    if (reader.smallInteger('the version') !== 0) throw new DerError('the version is not v1');
    reader.leave(explicit, 'the version');
  }
  if (reader.peek() === constructedContextTag(1)) skip(reader, "the requester's name");
  const certIds = readRequests(reader);
  const nonce = reader.peek() === constructedContextTag(2) ? readNonce(reader) : undefined;
  reader.leave(tbs, 'the to-be-signed request');
  if (reader.peek() === constructedContextTag(0)) skip(reader, 'the signature');
  reader.leave(outer, 'the request');
  reader.end('the request');
  return { certIds, nonce };
}

function readRequests(reader: DerReader): CertId[] {
  const certIds: CertId[] = [];
  const list = reader.enter(tag.sequence, 'the list of requests');
  while (reader.more) {
    if (certIds.length === mostCertIds)
      throw new DerError(`more than ${mostCertIds} certificates are asked for`);
    const outer = reader.enter(tag.sequence, 'a request');
    certIds.push(readCertId(reader));
    if (reader.peek() === constructedContextTag(0)) refuseCritical(readExtensions(reader, 0));
    reader.leave(outer, 'a request');
  }
  reader.leave(list, 'the list of requests');
  if (certIds.length === 0) throw new DerError('no certificate is asked for');
  return certIds;
}

function readNonce(reader: DerReader): Uint8Array | undefined {
  const explicit = reader.enter(constructedContextTag(2), 'the extensions');
  const extensions = readExtensionList(reader);
  reader.leave(explicit, 'the extensions');
  const nonces = extensions.filter((each) => each.oid === oid.ocspNonce);
  refuseCritical(extensions.filter((each) => each.oid !== oid.ocspNonce));
  const [first, second] = nonces;
  if (second !== undefined) throw new DerError('there are two nonces');
  if (first === undefined) return undefined;
  const value = first.value.reader();
  const nonce = value.content(tag.octetString, 'the nonce');
  value.end('the nonce');
  if (nonce.length < nonceLength.least || nonce.length > nonceLength.most) {
    throw new DerError(`the nonce has ${nonce.length} octets; RFC 9654 §2.1 allows 1 to 128`);
  }
  return nonce;
}

/** RFC 6960 §4.4: what is critical and not understood is refused. */
function refuseCritical(extensions: readonly { readonly oid: string; readonly critical: boolean }[]): void {
  const critical = extensions.find((each) => each.critical);
  if (critical !== undefined) throw new DerError(`the critical extension ${critical.oid} is not supported`);
}

/** Steps over an element that nothing here looks into, but that must be DER. */
function skip(reader: DerReader, what: string): void {
  const outer = reader.enter(reader.peek(), what);
  readWellFormed(reader, what);
  reader.leave(outer, what);
}
