import {
  constructedContextTag,
  contextTag,
  der,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
} from '#libs/x509';
import type { LintCase } from './lint-case.js';
import { access, distributionPoint, dns, extensionOf, fullName, type TestExtension } from './tbs-builder.js';

const aki = (...parts: readonly Uint8Array[]): TestExtension => ({ value: derSequence(...parts) });
const keyId = (text: string): Buffer => der(contextTag(0), Buffer.from(text));
const subtrees = (number: number, ...trees: readonly Uint8Array[]): Buffer =>
  der(constructedContextTag(number), ...trees);
const constraints = (...sides: readonly Uint8Array[]): TestExtension => ({
  critical: true,
  value: derSequence(...sides),
});
const address = (octets: number): Buffer => der(contextTag(7), Buffer.alloc(octets, 255));

function withExtension(
  kind: LintCase['kind'],
  type: string,
  made: { what: string; extension: TestExtension | undefined; finding?: RegExp },
): LintCase {
  const { what, extension, finding } = made;
  return { kind, what, parts: { extensions: { [type]: extension } }, ...(finding && { finding }) };
}

/** For the lints about the other extensions, RFC 5280 §4.2. */
export const extensionCases: Readonly<Record<string, readonly LintCase[]>> = {
  'extensions-unique': [
    { kind: 'leaf', what: 'each once', parts: {} },
    {
      kind: 'leaf',
      what: 'one twice',
      parts: { more: [extensionOf(oid.extKeyUsage, aki(derOid(oid.serverAuth)))] },
      finding: /2\.5\.29\.37 is there twice/,
    },
    {
      kind: 'root',
      what: 'an unknown one twice',
      parts: {
        more: [extensionOf('1.2.3', { value: derNull() }), extensionOf('1.2.3', { value: derNull() })],
      },
      finding: /1\.2\.3 is there twice/,
    },
  ],
  'authority-key-identifier': [
    { kind: 'leaf', what: 'a keyIdentifier', parts: {} },
    withExtension('leaf', oid.authorityKeyIdentifier, {
      what: 'none',
      extension: undefined,
      finding: /no authorityKeyIdentifier/,
    }),
    withExtension('leaf', oid.authorityKeyIdentifier, {
      what: 'critical',
      extension: { ...aki(keyId('x')), critical: true },
      finding: /critical/,
    }),
    withExtension('intermediate', oid.authorityKeyIdentifier, {
      what: 'without keyIdentifier',
      extension: aki(),
      finding: /no keyIdentifier/,
    }),
    withExtension('leaf', oid.authorityKeyIdentifier, {
      what: 'an empty keyIdentifier',
      extension: aki(keyId('')),
      finding: /empty/,
    }),
  ],
  'root-authority-key-identifier': [
    { kind: 'root', what: 'none', parts: {} },
    {
      kind: 'root',
      what: 'its own key',
      parts: {
        extensions: {
          [oid.authorityKeyIdentifier]: aki(keyId('x')),
          [oid.subjectKeyIdentifier]: { value: derOctetString(Buffer.from('x')) },
        },
      },
    },
    withExtension('root', oid.authorityKeyIdentifier, {
      what: 'another key',
      extension: aki(keyId('y')),
      finding: /own key/,
    }),
  ],
  'subject-key-identifier': [
    { kind: 'leaf', what: 'one', parts: {} },
    withExtension('root', oid.subjectKeyIdentifier, {
      what: 'none',
      extension: undefined,
      finding: /no subjectKeyIdentifier/,
    }),
    withExtension('leaf', oid.subjectKeyIdentifier, {
      what: 'critical',
      extension: { critical: true, value: derOctetString(Buffer.from('x')) },
      finding: /critical/,
    }),
    withExtension('leaf', oid.subjectKeyIdentifier, {
      what: 'empty',
      extension: { value: derOctetString(Buffer.alloc(0)) },
      finding: /empty/,
    }),
    withExtension('leaf', oid.subjectKeyIdentifier, {
      what: 'another type',
      extension: { value: derNull() },
      finding: /malformed/,
    }),
  ],
  'ext-key-usage': [
    { kind: 'leaf', what: 'two purposes', parts: {} },
    withExtension('leaf', oid.extKeyUsage, {
      what: 'any purpose, not critical',
      extension: aki(derOid('2.5.29.37.0')),
    }),
    withExtension('leaf', oid.extKeyUsage, { what: 'none', extension: aki(), finding: /empty/ }),
    withExtension('leaf', oid.extKeyUsage, {
      what: 'one twice',
      extension: aki(derOid(oid.serverAuth), derOid(oid.serverAuth)),
      finding: /twice/,
    }),
    withExtension('leaf', oid.extKeyUsage, {
      what: 'any purpose, critical',
      extension: { ...aki(derOid('2.5.29.37.0')), critical: true },
      finding: /any purpose/,
    }),
  ],
  'crl-distribution-points': [
    { kind: 'leaf', what: 'one', parts: {} },
    withExtension('leaf', oid.crlDistributionPoints, {
      what: 'an address',
      extension: distributionPoint(fullName('http://127.0.0.1:8080/pki/x.crl')),
    }),
    withExtension('leaf', oid.crlDistributionPoints, {
      what: 'none',
      extension: undefined,
      finding: /no cRL/,
    }),
    withExtension('leaf', oid.crlDistributionPoints, { what: 'empty', extension: aki(), finding: /empty/ }),
    withExtension('leaf', oid.crlDistributionPoints, {
      what: 'critical',
      extension: { ...distributionPoint(fullName('http://a.b/')), critical: true },
      finding: /critical/,
    }),
    withExtension('leaf', oid.crlDistributionPoints, {
      what: 'reasons only',
      extension: distributionPoint(der(contextTag(1), Buffer.from([6, 0x40]))),
      finding: /say where/,
    }),
    withExtension('intermediate', oid.crlDistributionPoints, {
      what: 'LDAP',
      extension: distributionPoint(fullName('ldap://a.b/x')),
      finding: /http/,
    }),
    withExtension('leaf', oid.crlDistributionPoints, {
      what: 'a URL without host',
      extension: distributionPoint(fullName('http:///x')),
      finding: /http/,
    }),
  ],
  'authority-info-access': [
    { kind: 'leaf', what: 'OCSP and caIssuers', parts: {} },
    withExtension('leaf', oid.authorityInfoAccess, {
      what: 'none',
      extension: undefined,
      finding: /no authorityInfoAccess/,
    }),
    withExtension('leaf', oid.authorityInfoAccess, { what: 'empty', extension: aki(), finding: /empty/ }),
    withExtension('leaf', oid.authorityInfoAccess, {
      what: 'critical',
      extension: { ...aki(access(oid.ocsp, 'http://a.b/')), critical: true },
      finding: /critical/,
    }),
    withExtension('leaf', oid.authorityInfoAccess, {
      what: 'an unknown method',
      extension: aki(access('1.2.3', 'http://a.b/')),
      finding: /unknown method/,
    }),
    withExtension('intermediate', oid.authorityInfoAccess, {
      what: 'a relative location',
      extension: aki(access(oid.caIssuers, '/x')),
      finding: /http/,
    }),
    withExtension('leaf', oid.authorityInfoAccess, {
      what: 'a location that is no URI',
      extension: aki(derSequence(derOid(oid.ocsp), dns('a'))),
      finding: /malformed/,
    }),
  ],
  'name-constraints-authority': [
    { kind: 'leaf', what: 'none', parts: {} },
    withExtension('leaf', oid.nameConstraints, {
      what: 'one',
      extension: constraints(subtrees(0, derSequence(dns('a')))),
      finding: /leaf has nameConstraints/,
    }),
  ],
  'name-constraints-critical': [
    { kind: 'intermediate', what: 'none', parts: {} },
    withExtension('intermediate', oid.nameConstraints, {
      what: 'critical',
      extension: constraints(subtrees(0, derSequence(dns('a')))),
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'not critical',
      extension: { ...constraints(subtrees(0, derSequence(dns('a')))), critical: false },
      finding: /not critical/,
    }),
  ],
  'name-constraints-subtrees': [
    withExtension('intermediate', oid.nameConstraints, {
      what: 'both sides',
      extension: constraints(
        subtrees(0, derSequence(dns('a'))),
        subtrees(1, derSequence(address(8)), derSequence(address(32))),
      ),
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'nothing',
      extension: constraints(),
      finding: /empty/,
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'an empty list',
      extension: constraints(subtrees(1)),
      finding: /empty list/,
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'an address without mask',
      extension: constraints(subtrees(0, derSequence(address(4)))),
      finding: /4 octets/,
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'a maximum',
      extension: constraints(subtrees(0, derSequence(dns('a'), der(contextTag(1), Buffer.from([1]))))),
      finding: /minimum or maximum/,
    }),
    withExtension('intermediate', oid.nameConstraints, {
      what: 'another type',
      extension: { critical: true, value: derUnsignedInteger(Buffer.from([1])) },
      finding: /malformed/,
    }),
  ],
};
