import { DerError, type DerReader, oid, oidOfContent, readWellFormed, tag } from '../der/index.js';
import { maxGeneralNames, readGeneralNames } from './general-names.js';

const maxExtensions = 32;

/** KeyUsage's bits 5 and 6 (RFC 5280 §4.2.1.3) in the 16 that `namedBits` gives. */
const caUsages = 0x0400 | 0x0200;

/** A handler reads the value of an extension inside its OCTET STRING. */
type ExtensionHandler = (reader: DerReader) => void;

/** The extensions that may be critical in a request, since their meaning is known. All but the names are ignored. */
const known = new Map<string, ExtensionHandler>([
  [oid.subjectAltName, readGeneralNames],
  [oid.basicConstraints, readBasicConstraints],
  [oid.keyUsage, readKeyUsage],
  [oid.extKeyUsage, readExtKeyUsage],
  [
    oid.subjectKeyIdentifier,
    (reader) => reader.read(tag.octetString, 'the requested subject key identifier'),
  ],
]);

const names = new Map<string, string>([
  [oid.subjectAltName, 'subjectAltName'],
  [oid.basicConstraints, 'basicConstraints'],
  [oid.keyUsage, 'keyUsage'],
  [oid.extKeyUsage, 'extKeyUsage'],
  [oid.subjectKeyIdentifier, 'subjectKeyIdentifier'],
]);

/**
 * Reads the Extensions (RFC 5280 §4.1.2.9) that a request asks for.
 *
 * The subject alternative names are kept. What else an end entity may ask is the profile's to decide and is
 * ignored; what only a CA has, what is unknown and critical, what is malformed or twice there is refused.
 *
 * @returns the GeneralNames in DER
 * @throws DerError
 */
export function readRequestedExtensions(reader: DerReader): Uint8Array | undefined {
  const what = 'the requested extensions';
  const seen: string[] = [];
  let sanDer: Uint8Array | undefined;
  const extensions = reader.enter(tag.sequence, what);
  while (reader.more) {
    const extension = reader.enter(tag.sequence, 'a requested extension');
    reader.read(tag.objectIdentifier, "a requested extension's type");
    const type = oidOfContent(reader.bytes, reader.start, reader.stop);
    if (seen.includes(type))
      throw new DerError(`the extension ${names.get(type) ?? type} is requested twice`);
    if (seen.push(type) > maxExtensions)
      throw new DerError(`more than ${maxExtensions} extensions are requested`);
    const critical = readCritical(reader);
    reader.read(tag.octetString, "a requested extension's value");
    const after = reader.position;
    const outer = reader.limit;
    reader.position = reader.start;
    reader.limit = reader.stop;
    if (type === oid.subjectAltName) sanDer = reader.bytes.subarray(reader.start, reader.stop);
    readValue(reader, type, critical);
    reader.position = after;
    reader.limit = outer;
    reader.leave(extension, 'a requested extension');
  }
  reader.leave(extensions, what);
  return sanDer;
}

function readValue(reader: DerReader, type: string, critical: boolean): void {
  const handler = known.get(type);
  if (handler === undefined && critical) {
    throw new DerError(`the extension ${type} is requested as critical, but not known`);
  }
  const what = `the requested extension ${names.get(type) ?? type}`;
  if (handler !== undefined) handler(reader);
  else readWellFormed(reader, what);
  reader.end(what);
}

/** BOOLEAN DEFAULT FALSE: DER leaves a FALSE out (X.690 §11.5). */
function readCritical(reader: DerReader): boolean {
  if (reader.peek() !== tag.boolean) return false;
  if (!reader.boolean("an extension's criticality")) {
    throw new DerError("an extension's criticality is FALSE and written out, which DER forbids");
  }
  return true;
}

function readBasicConstraints(reader: DerReader): void {
  const what = 'the requested basicConstraints';
  const outer = reader.enter(tag.sequence, what);
  if (reader.peek() === tag.boolean) {
    if (reader.boolean(what))
      throw new DerError('the request asks for a CA certificate (basicConstraints CA:TRUE)');
    throw new DerError('the requested basicConstraints has CA:FALSE written out, which DER forbids');
  }
  if (reader.more) throw new DerError('the request asks for a path length, which only a CA certificate has');
  reader.leave(outer, what);
}

function readKeyUsage(reader: DerReader): void {
  if ((reader.namedBits('the requested keyUsage') & caUsages) !== 0) {
    throw new DerError('the request asks for a CA key usage (keyCertSign or cRLSign)');
  }
}

function readExtKeyUsage(reader: DerReader): void {
  const what = 'the requested extKeyUsage';
  const outer = reader.enter(tag.sequence, what);
  if (!reader.more) throw new DerError(`${what} is empty`);
  for (let count = 1; reader.more; count++) {
    if (count > maxGeneralNames) throw new DerError(`${what} has too many purposes`);
    reader.read(tag.objectIdentifier, what);
    oidOfContent(reader.bytes, reader.start, reader.stop);
  }
  reader.leave(outer, what);
}
