import { derNull, derOid, derSequence, oid } from '#libs/x509';
import type { LintCase } from './lint-case.js';
import { access, type TestExtension } from './tbs-builder.js';

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

const shortLived = {
  [oid.crlDistributionPoints]: undefined,
  [oid.noRevAvail]: { value: derNull() },
  [oid.authorityInfoAccess]: { value: derSequence(access(oid.caIssuers, 'http://pki.example/x.der')) },
};
const withOcsp = { value: derSequence(access(oid.ocsp, 'http://pki.example/ocsp')) };

/** For the lints about delegated OCSP responders, RFC 6960 §4.2.2.2, and about those nobody answers for. */
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
  'no-rev-avail': [
    { kind: 'leaf', what: 'none', parts: {} },
    { kind: 'leaf', what: 'one in place of CRL and OCSP', parts: { extensions: shortLived } },
    {
      kind: 'leaf',
      what: 'a critical one',
      parts: { extensions: { ...shortLived, [oid.noRevAvail]: { critical: true, value: derNull() } } },
      finding: /critical/,
    },
    {
      kind: 'leaf',
      what: 'one that is not NULL',
      parts: { extensions: { ...shortLived, [oid.noRevAvail]: { value: derSequence() } } },
      finding: /missing or malformed/,
    },
    {
      kind: 'leaf',
      what: 'a CRL beside it',
      parts: { extensions: { [oid.noRevAvail]: { value: derNull() } } },
      finding: /cRLDistributionPoints/,
    },
    {
      kind: 'leaf',
      what: 'OCSP beside it',
      parts: { extensions: { ...shortLived, [oid.authorityInfoAccess]: withOcsp } },
      finding: /OCSP/,
    },
    {
      kind: 'intermediate',
      what: 'one in a CA',
      parts: { extensions: shortLived },
      finding: /a CA has/,
    },
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
