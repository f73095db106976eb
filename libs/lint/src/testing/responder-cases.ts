import { derNull, derOid, derSequence, oid } from '#libs/x509';
import type { LintCase } from './lint-case.js';
import type { TestExtension } from './tbs-builder.js';

const purposes = (...list: readonly string[]): TestExtension => ({ value: derSequence(...list.map(derOid)) });
const responder = (
  type: string,
  made: { what: string; extension: TestExtension | undefined; finding: RegExp },
): LintCase => ({
  kind: 'ocsp-responder',
  what: made.what,
  parts: { extensions: { [type]: made.extension } },
  finding: made.finding,
});

/** For the lints about delegated OCSP responders, RFC 6960 §4.2.2.2. */
export const responderCases: Readonly<Record<string, readonly LintCase[]>> = {
  'responder-ext-key-usage': [
    { kind: 'ocsp-responder', what: 'OCSPSigning', parts: {} },
    responder(oid.extKeyUsage, { what: 'no purpose', extension: undefined, finding: /no extKeyUsage/ }),
    responder(oid.extKeyUsage, {
      what: 'another purpose',
      extension: purposes(oid.serverAuth),
      finding: /not OCSPSigning alone/,
    }),
    responder(oid.extKeyUsage, {
      what: 'a second purpose',
      extension: purposes(oid.ocspSigning, oid.clientAuth),
      finding: /not OCSPSigning alone/,
    }),
  ],
  'responder-no-check': [
    { kind: 'ocsp-responder', what: 'nocheck', parts: {} },
    responder(oid.ocspNoCheck, { what: 'none', extension: undefined, finding: /has no/ }),
    responder(oid.ocspNoCheck, {
      what: 'a critical one',
      extension: { critical: true, value: derNull() },
      finding: /critical/,
    }),
    responder(oid.ocspNoCheck, {
      what: 'a NULL with content',
      extension: { value: Buffer.from('050100', 'hex') },
      finding: /empty NULL/,
    }),
    responder(oid.ocspNoCheck, {
      what: 'something else',
      extension: { value: derSequence() },
      finding: /missing or malformed/,
    }),
  ],
};
