import { checkOid, DerError, DerReader, readWellFormed, tag } from '../der/index.js';
import { readSubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { readSignatureAlgorithm } from '../signature/read-signature-algorithm.js';
import { CertificationRequest } from './certification-request.js';
import { readAttributes } from './csr-attributes.js';
import { CsrError } from './csr-error.js';

/** The largest request that is read, in octets of DER: an RSA-4096 key and a hundred names fit well. */
export const maxCsrLength = 16_384;

/**
 * Parses a CertificationRequest (RFC 2986 §4) in strict DER.
 *
 * Checks everything but the key's strength and the signature; those are `verifyCsr`'s.
 *
 * @throws CsrError and nothing else, whatever the bytes
 */
export function parseCsr(der: Uint8Array): CertificationRequest {
  if (der.length > maxCsrLength) {
    throw new CsrError(`the request has ${der.length} octets; at most ${maxCsrLength} are accepted`);
  }
  try {
    return read(new DerReader(der));
  } catch (error) {
    if (error instanceof DerError) throw new CsrError(error.message, { cause: error });
    throw error;
  }
}

function read(reader: DerReader): CertificationRequest {
  const der = reader.bytes;
  const request = reader.enter(tag.sequence, 'the certification request');
  const tbsFrom = reader.position;
  const info = reader.enter(tag.sequence, 'the certification request info');
  if (reader.smallInteger('the version') !== 0) throw new DerError('the version is not v1 (0)');
  const subjectFrom = reader.position;
  readName(reader);
  const subjectDer = der.subarray(subjectFrom, reader.position);
  const spki = readSubjectPublicKeyInfo(reader);
  const sanDer = readAttributes(reader);
  reader.leave(info, 'the certification request info');
  const tbs = der.subarray(tbsFrom, reader.position);
  const signatureScheme = readSignatureAlgorithm(reader);
  reader.octetAlignedBitString('the signature');
  const signature = der.subarray(reader.start, reader.stop);
  reader.leave(request, 'the certification request');
  reader.end('the certification request');
  return new CertificationRequest({ der, tbs, subjectDer, spki, sanDer, signatureScheme, signature });
}

/**
 * A Name (RFC 5280 §4.1.2.4): a sequence of sets of one or more attributes, each a type and a value.
 *
 * The Subject is replaced in the certificate, so that its strings' alphabets are not judged.
 */
function readName(reader: DerReader): void {
  const what = 'the subject';
  const name = reader.enter(tag.sequence, what);
  while (reader.more) {
    const relative = reader.enter(tag.set, what);
    if (!reader.more) throw new DerError('the subject has an empty relative distinguished name');
    while (reader.more) {
      const attribute = reader.enter(tag.sequence, what);
      reader.read(tag.objectIdentifier, what);
      checkOid(reader.bytes, reader.start, reader.stop);
      if (!reader.more) throw new DerError('the subject has an attribute without a value');
      const from = reader.position;
      reader.next(what);
      readWellFormed(new DerReader(reader.bytes, from, reader.stop), what);
      reader.leave(attribute, what);
    }
    reader.leave(relative, what);
  }
  reader.leave(name, what);
}
