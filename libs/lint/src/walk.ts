import { type CertificateExtension, contextTag, type DerSlice, oidOfContent, tag } from '#libs/x509';

/** One attribute of a Name; its value's content is from `start` to `stop` of `bytes`. */
export interface NameAttribute {
  readonly type: string;
  readonly valueTag: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stop: number;
}

/** The first problem that `check` finds among the attributes of a Name. @throws DerError */
export function firstInName(
  name: DerSlice,
  check: (attribute: NameAttribute) => string | undefined,
): string | undefined {
  const what = 'a name';
  const reader = name.reader();
  reader.enter(tag.sequence, what);
  while (reader.more) {
    const relative = reader.enter(tag.set, what);
    do {
      const outer = reader.enter(tag.sequence, what);
      reader.read(tag.objectIdentifier, what);
      const type = oidOfContent(reader.bytes, reader.start, reader.stop);
      const valueTag = reader.next(what);
      const { bytes, start, stop } = reader;
      reader.leave(outer, what);
      const problem = check({ type, valueTag, bytes, start, stop });
      if (problem !== undefined) return problem;
    } while (reader.more);
    reader.leave(relative, what);
  }
  return undefined;
}

/** The first problem that `check` finds among the GeneralNames in an extension. @throws DerError */
export function firstGeneralName(
  extension: CertificateExtension | undefined,
  check: (kind: number, bytes: Uint8Array, start: number, stop: number) => string | undefined,
): string | undefined {
  if (extension === undefined) return undefined;
  const reader = extension.value.reader();
  const outer = reader.enter(tag.sequence, 'the general names');
  while (reader.more) {
    const kind = reader.next('a general name');
    const problem = check(kind, reader.bytes, reader.start, reader.stop);
    if (problem !== undefined) return problem;
  }
  reader.leave(outer, 'the general names');
  reader.end('the general names');
  return undefined;
}

/** GeneralName's tag of a URI. */
export const uriTag = contextTag(6);

/** Why the octets are not an http URI with a host (RFC 5280 §4.2.1.13 has CAs offer http), or undefined. */
export function httpProblem(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('latin1');
  return httpUri.test(text) ? undefined : 'is not an http URI with a host';
}

const httpUri = /^https?:\/\/[A-Za-z0-9[][A-Za-z0-9.:[\]-]*(?:[/?#][!-~]*)?$/;
