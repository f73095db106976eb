import {
  constructedContextTag,
  DerError,
  type DerReader,
  derOid,
  oid,
  readWellFormed,
  tag,
} from '../der/index.js';
import { readRequestedExtensions } from './requested-extensions.js';

const extensionRequest = derOid(oid.extensionRequest).subarray(2);
const microsoftExtensions = derOid(oid.microsoftCertExtensions).subarray(2);

/**
 * Reads the attributes of a request (RFC 2986 §4.1): extensionRequest at most once and with one value (RFC 2985
 * §5.4.2), any others (a challengePassword) as long as they are well-formed.
 *
 * @returns the GeneralNames in DER of a requested subjectAltName
 * @throws DerError
 */
export function readAttributes(reader: DerReader): Uint8Array | undefined {
  let names: Uint8Array | undefined;
  let requested = false;
  const attributes = reader.enter(constructedContextTag(0), 'the attributes');
  while (reader.more) {
    const attribute = reader.enter(tag.sequence, 'an attribute');
    reader.read(tag.objectIdentifier, "an attribute's type");
    const isRequest = isOid(reader, extensionRequest);
    if (isOid(reader, microsoftExtensions)) {
      throw new DerError(
        'extensions are asked for in a Microsoft attribute; use extensionRequest (RFC 2985 §5.4.2)',
      );
    }
    const values = reader.enter(tag.set, "an attribute's values");
    if (!reader.more) throw new DerError('an attribute has no value');
    if (isRequest) {
      if (requested) throw new DerError('extensionRequest occurs more than once');
      requested = true;
      names = readRequestedExtensions(reader);
    } else {
      readWellFormed(reader, 'an attribute');
    }
    reader.leave(values, 'extensionRequest');
    reader.leave(attribute, 'an attribute');
  }
  reader.leave(attributes, 'the attributes');
  return names;
}

function isOid({ bytes, start, stop }: DerReader, content: Uint8Array): boolean {
  if (stop - start !== content.length) return false;
  for (let i = content.length - 1; i >= 0; i--) if (bytes[start + i] !== content[i]) return false;
  return true;
}
