import { constructedContextTag, contextTag, der, derIa5String, derOid, derSequence, oid } from '#libs/x509';
import type { LintCase } from './lint-case.js';
import { dns, names, uri } from './tbs-builder.js';

const leafWith = (what: string, name: Uint8Array, finding?: RegExp): LintCase => ({
  kind: 'leaf',
  what,
  parts: { extensions: { [oid.subjectAltName]: names(name) } },
  ...(finding && { finding }),
});
const email = (text: string): Buffer => derIa5String(text, contextTag(1));
const ip = (octets: number): Buffer => der(contextTag(7), Buffer.alloc(octets, 1));

/** For the lints about subjectAltName, RFC 5280 §4.2.1.6. */
export const nameCases: Readonly<Record<string, readonly LintCase[]>> = {
  'subject-alt-name-not-empty': [
    leafWith('one name', dns('a')),
    { kind: 'leaf', what: 'no extension', parts: { extensions: { [oid.subjectAltName]: undefined } } },
    {
      kind: 'leaf',
      what: 'no name',
      parts: { extensions: { [oid.subjectAltName]: names() } },
      finding: /empty/,
    },
  ],
  'subject-alt-name-critical': [
    leafWith('not critical beside a subject', dns('a.example')),
    {
      kind: 'leaf',
      what: 'critical without a subject',
      parts: {
        subject: derSequence(),
        extensions: { [oid.subjectAltName]: { ...names(dns('a')), critical: true } },
      },
    },
    {
      kind: 'leaf',
      what: 'not critical without a subject',
      parts: { subject: derSequence() },
      finding: /no critical/,
    },
    {
      kind: 'leaf',
      what: 'missing without a subject',
      parts: { subject: derSequence(), extensions: { [oid.subjectAltName]: undefined } },
      finding: /no critical/,
    },
    {
      kind: 'leaf',
      what: 'critical beside a subject',
      parts: { extensions: { [oid.subjectAltName]: { ...names(dns('a')), critical: true } } },
      finding: /beside a subject/,
    },
  ],
  'subject-alt-name-kinds': [
    leafWith('a dNSName', dns('a')),
    leafWith('an otherName', der(constructedContextTag(0), derOid('1.2.3')), /unknown kind/),
    leafWith('a registeredID', der(contextTag(8), Buffer.from([42])), /unknown kind/),
  ],
  'dns-name': [
    leafWith('a label of 63', dns('a'.repeat(63))),
    leafWith('a wildcard', dns('*.a')),
    leafWith('an A-label', dns('xn--bcher-kva.example')),
    leafWith('a label of 64', dns('a'.repeat(64)), /63/),
    leafWith('254 octets', dns(`${'a.'.repeat(126)}bb`), /253/),
    leafWith('one space', dns(' '), /character/),
    leafWith('an underscore', dns('a_b'), /underscore/),
    leafWith('a trailing dot', dns('a.'), /empty label/),
    leafWith('a broken A-label', dns('xn--a'), /internationalized/),
  ],
  'ip-address': [
    leafWith('4 octets', ip(4)),
    leafWith('16 octets', ip(16)),
    leafWith('5 octets', ip(5), /5 octets/),
    leafWith('8 octets', ip(8), /8 octets/),
    leafWith('0 octets', ip(0), /0 octets/),
  ],
  'rfc822-name': [
    leafWith('a mailbox', email('a.b@c.example')),
    leafWith('a bare host', email('c.example'), /mailbox/),
    leafWith('a display name', email('A <a@c.example>'), /character|mailbox/),
  ],
  'uniform-resource-identifier': [
    leafWith('a URL', uri('https://a.example/x')),
    leafWith('a URN', uri('urn:a:b')),
    leafWith('a relative one', uri('/x'), /absolute/),
    leafWith('one without host', uri('http:///x'), /no host/),
    leafWith('one with a short host', uri('http://a/x'), /fully qualified/),
  ],
};
