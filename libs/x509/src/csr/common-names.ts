import { DerReader, oid, oidOfContent, tag } from '../der/index.js';
import type { CertificationRequest } from './certification-request.js';

const utf8 = new TextDecoder();

/** Every common name of a request's Subject, in order; the text of any kind of string as UTF-8. */
export function commonNames({ subjectDer }: CertificationRequest): string[] {
  const reader = new DerReader(subjectDer);
  const what = 'the subject';
  const found: string[] = [];
  const name = reader.enter(tag.sequence, what);
  while (reader.more) {
    const relative = reader.enter(tag.set, what);
    while (reader.more) {
      const attribute = reader.enter(tag.sequence, what);
      reader.read(tag.objectIdentifier, what);
      const type = oidOfContent(reader.bytes, reader.start, reader.stop);
      reader.next(what);
      if (type === oid.commonName) found.push(utf8.decode(reader.bytes.subarray(reader.start, reader.stop)));
      reader.leave(attribute, what);
    }
    reader.leave(relative, what);
  }
  reader.leave(name, what);
  return found;
}
