import { constructedContextTag, contextTag, DerError, type DerReader, tag } from '../der/index.js';
import { formatIpAddress } from './ip-address.js';
import { checkDnsName, checkMailbox } from './name-syntax.js';
import { checkUri } from './uri-syntax.js';

/** A name of a certificate. `ip` is in text: dotted decimal, or RFC 5952 for IPv6. */
export interface GeneralName {
  readonly type: 'dns' | 'ip' | 'email' | 'uri';
  readonly value: string;
}

/** GeneralName's tags (RFC 5280 §4.2.1.6). */
export const generalNameTag = {
  rfc822Name: contextTag(1),
  dnsName: contextTag(2),
  uri: contextTag(6),
  ipAddress: contextTag(7),
} as const;

const refusedKinds = new Map<number, string>([
  [constructedContextTag(0), 'otherName'],
  [constructedContextTag(3), 'x400Address'],
  [constructedContextTag(4), 'directoryName'],
  [constructedContextTag(5), 'ediPartyName'],
  [contextTag(8), 'registeredID'],
]);

/** More than any server needs, and a bound for what one request costs. */
export const maxGeneralNames = 100;

/**
 * Checks GeneralNames at the reader's position, and reads over them: at least one, each of a kind that is
 * certified here and in its right form.
 *
 * @throws DerError
 */
export function readGeneralNames(reader: DerReader): void {
  const what = 'the subject alternative name';
  const outer = reader.enter(tag.sequence, what);
  if (!reader.more) throw new DerError(`${what} is empty`);
  for (let count = 1; reader.more; count++) {
    if (count > maxGeneralNames)
      throw new DerError(`there are more than ${maxGeneralNames} subject alternative names`);
    const kind = reader.next(what);
    const { bytes, start, stop } = reader;
    if (kind === generalNameTag.dnsName) checkDnsName(bytes, start, stop);
    else if (kind === generalNameTag.ipAddress) checkIpAddress(stop - start);
    else if (kind === generalNameTag.rfc822Name) checkMailbox(bytes, start, stop);
    else if (kind === generalNameTag.uri) checkUri(bytes, start, stop);
    else throw refused(kind);
  }
  reader.leave(outer, what);
}

/** The names of GeneralNames that {@link readGeneralNames} has passed. Other kinds are left out. */
export function decodeGeneralNames(reader: DerReader): GeneralName[] {
  const names: GeneralName[] = [];
  const outer = reader.enter(tag.sequence, 'the subject alternative name');
  while (reader.more) {
    const kind = reader.next('a subject alternative name');
    const content = Buffer.from(reader.bytes.subarray(reader.start, reader.stop));
    if (kind === generalNameTag.dnsName) names.push({ type: 'dns', value: content.toString('latin1') });
    else if (kind === generalNameTag.ipAddress) names.push({ type: 'ip', value: formatIpAddress(content) });
    else if (kind === generalNameTag.rfc822Name)
      names.push({ type: 'email', value: content.toString('latin1') });
    else if (kind === generalNameTag.uri) names.push({ type: 'uri', value: content.toString('latin1') });
  }
  reader.leave(outer, 'the subject alternative name');
  return names;
}

function checkIpAddress(octets: number): void {
  if (octets !== 4 && octets !== 16)
    throw new DerError(`an iPAddress has ${octets} octets; 4 or 16 are right`);
}

function refused(kind: number): DerError {
  const name = refusedKinds.get(kind);
  return name === undefined
    ? new DerError('a subject alternative name is malformed')
    : new DerError(
        `subject alternative names of type ${name} are not certified; use dNSName, iPAddress, rfc822Name or URI`,
      );
}
