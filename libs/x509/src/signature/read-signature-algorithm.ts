import {
  constructedContextTag,
  DerError,
  DerReader,
  oid,
  oidOfContent,
  readWellFormed,
  tag,
} from '../der/index.js';
import { type SignatureScheme, signatureSchemes } from './signature-algorithm.js';

const plain: readonly SignatureScheme[] = Object.values(signatureSchemes);

const broken = new Map<string, string>([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10040.4.3', 'SHA-1'],
]);

const hashes = new Map<string, 'sha256' | 'sha384' | 'sha512'>([
  [oid.sha256, 'sha256'],
  [oid.sha384, 'sha384'],
  [oid.sha512, 'sha512'],
]);

/**
 * Reads the AlgorithmIdentifier of a signature.
 *
 * @throws DerError when it is malformed, not supported, or rests on a broken hash
 */
export function readSignatureAlgorithm(reader: DerReader): SignatureScheme {
  const from = reader.position;
  reader.read(tag.sequence, 'the signature algorithm');
  const { bytes, stop } = reader;
  for (const scheme of plain) {
    const { identifier } = scheme;
    if (identifier.length !== stop - from) continue;
    let i = identifier.length - 1;
    while (i >= 0 && identifier[i] === bytes[from + i]) i--;
    if (i < 0) return scheme;
  }
  return readOther(bytes.subarray(from, stop));
}

function readOther(identifier: Uint8Array): SignatureScheme {
  const reader = new DerReader(identifier);
  reader.enter(tag.sequence, 'the signature algorithm');
  reader.read(tag.objectIdentifier, 'the signature algorithm');
  const algorithm = oidOfContent(reader.bytes, reader.start, reader.stop);
  if (algorithm === oid.rsassaPss) return readPss(reader, identifier);
  readWellFormed(reader, 'the parameters of the signature algorithm');
  const hash = broken.get(algorithm);
  if (hash !== undefined) throw new DerError(`the signature rests on ${hash}, which is broken; use SHA-256`);
  if (plain.some((scheme) => sameAlgorithm(scheme.identifier, algorithm))) {
    throw new DerError(`the signature algorithm ${algorithm} has the wrong parameters`);
  }
  throw new DerError(`the signature algorithm ${algorithm} is not supported`);
}

/**
 * RSASSA-PSS-params (RFC 4055 §3.1): the hash of the message, MGF1 with the same hash, the salt's length.
 * The defaults of all of them mean SHA-1, so that none of the first three may be left out but by mistake.
 */
function readPss(reader: DerReader, identifier: Uint8Array): SignatureScheme {
  const what = 'the RSASSA-PSS parameters';
  const parameters = reader.enter(tag.sequence, what);
  const hash = readField(reader, 0, () => readHash(reader));
  const mask = readField(reader, 1, () => {
    const generator = reader.enter(tag.sequence, what);
    reader.read(tag.objectIdentifier, what);
    const mgf1 = oidOfContent(reader.bytes, reader.start, reader.stop) === oid.mgf1;
    const maskHash = readHash(reader);
    reader.leave(generator, what);
    return mgf1 ? maskHash : undefined;
  });
  const saltLength = readField(reader, 2, () => reader.smallInteger('the RSASSA-PSS salt length')) ?? 20;
  const trailer = readField(reader, 3, () => reader.smallInteger('the RSASSA-PSS trailer field')) ?? 1;
  reader.leave(parameters, what);
  reader.end('the signature algorithm');
  if (hash === undefined || mask !== hash) {
    throw new DerError(
      'RSASSA-PSS is supported with SHA-256, SHA-384 or SHA-512, and MGF1 with the same hash',
    );
  }
  if (saltLength > 64 || trailer !== 1)
    throw new DerError('the RSASSA-PSS salt length or trailer is not supported');
  return { name: `rsa-pss-${hash}`, keyType: 'RSA', hash, saltLength, identifier };
}

function readField<T>(reader: DerReader, number: number, read: () => T): T | undefined {
  if (reader.peek() !== constructedContextTag(number)) return undefined;
  const outer = reader.enter(constructedContextTag(number), 'the RSASSA-PSS parameters');
  const value = read();
  reader.leave(outer, 'the RSASSA-PSS parameters');
  return value;
}

/** A hash AlgorithmIdentifier; parameters NULL or absent, verifiers take both (RFC 4055 §2.1). */
function readHash(reader: DerReader): 'sha256' | 'sha384' | 'sha512' | undefined {
  const outer = reader.enter(tag.sequence, 'the RSASSA-PSS hash');
  reader.read(tag.objectIdentifier, 'the RSASSA-PSS hash');
  const hash = hashes.get(oidOfContent(reader.bytes, reader.start, reader.stop));
  if (reader.more) {
    reader.read(tag.null, 'the parameters of the RSASSA-PSS hash');
    if (reader.start !== reader.stop) throw new DerError('the RSASSA-PSS hash has a NULL that is not empty');
  }
  reader.leave(outer, 'the RSASSA-PSS hash');
  return hash;
}

function sameAlgorithm(identifier: Uint8Array, algorithm: string): boolean {
  const reader = new DerReader(identifier);
  reader.enter(tag.sequence, 'the signature algorithm');
  reader.read(tag.objectIdentifier, 'the signature algorithm');
  return oidOfContent(reader.bytes, reader.start, reader.stop) === algorithm;
}
