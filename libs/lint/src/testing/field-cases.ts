import {
  constructedContextTag,
  contextTag,
  der,
  derBitString,
  derNull,
  derOid,
  derSequence,
  derTime,
  derUnsignedInteger,
  derUtf8String,
  oid,
  tag,
} from '#libs/x509';
import type { LintCase } from './lint-case.js';
import { nameOf, nameWith, spkis } from './tbs-builder.js';

const integer = (hex: string): Buffer => der(tag.integer, Buffer.from(hex, 'hex'));
const time = (type: number, text: string): Buffer => der(type, Buffer.from(text));
const point = spkis['P-256'].subarray(26);

/** For the lints about the fields of a TBSCertificate, RFC 5280 §4.1. */
export const fieldCases: Readonly<Record<string, readonly LintCase[]>> = {
  version: [
    { kind: 'leaf', what: 'v3', parts: {} },
    {
      kind: 'leaf',
      what: 'v2',
      parts: { version: der(constructedContextTag(0), derUnsignedInteger(Buffer.from([1]))) },
      finding: /v2, not v3/,
    },
    { kind: 'root', what: 'v1', parts: { version: Buffer.alloc(0) }, finding: /v1, not v3/ },
  ],
  'serial-number-positive': [
    { kind: 'leaf', what: '1', parts: { serial: integer('01') } },
    { kind: 'leaf', what: '128 with its sign octet', parts: { serial: integer('0080') } },
    { kind: 'leaf', what: '0', parts: { serial: integer('00') }, finding: /zero/ },
    { kind: 'leaf', what: '-1', parts: { serial: integer('ff') }, finding: /negative/ },
    { kind: 'root', what: '-128', parts: { serial: integer('80') }, finding: /negative/ },
  ],
  'serial-number-length': [
    { kind: 'leaf', what: '20 octets', parts: { serial: integer('7f'.repeat(20)) } },
    { kind: 'leaf', what: '21 octets', parts: { serial: integer('7f'.repeat(21)) }, finding: /21 octets/ },
    {
      kind: 'leaf',
      what: '20 octets and a sign octet',
      parts: { serial: integer(`00${'ff'.repeat(20)}`) },
      finding: /21 octets/,
    },
  ],
  'validity-encoding': [
    { kind: 'root', what: 'the last UTCTime', parts: { notAfter: time(tag.utcTime, '491231235959Z') } },
    {
      kind: 'root',
      what: 'the first GeneralizedTime',
      parts: { notAfter: time(tag.generalizedTime, '20500101000000Z') },
    },
    {
      kind: 'root',
      what: 'no well-defined end',
      parts: { notAfter: time(tag.generalizedTime, '99991231235959Z') },
    },
    {
      kind: 'root',
      what: 'a GeneralizedTime in 2049',
      parts: { notAfter: time(tag.generalizedTime, '20491231235959Z') },
      finding: /notAfter is a GeneralizedTime before 2050/,
    },
    {
      kind: 'leaf',
      what: 'notBefore as GeneralizedTime',
      parts: { notBefore: time(tag.generalizedTime, '20260101000000Z') },
      finding: /notBefore/,
    },
  ],
  'validity-order': [
    { kind: 'leaf', what: 'one second', parts: { notAfter: derTime(Date.UTC(2026, 0, 1)) } },
    {
      kind: 'leaf',
      what: 'the end before the begin',
      parts: { notAfter: derTime(Date.UTC(2025, 11, 31, 23, 59, 59)) },
      finding: /before/,
    },
  ],
  'issuer-not-empty': [
    { kind: 'leaf', what: 'an issuer', parts: {} },
    { kind: 'leaf', what: 'no issuer', parts: { issuer: derSequence() }, finding: /empty/ },
  ],
  'subject-not-empty': [
    { kind: 'intermediate', what: 'a subject', parts: {} },
    { kind: 'intermediate', what: 'no subject', parts: { subject: derSequence() }, finding: /empty/ },
  ],
  'root-self-issued': [
    { kind: 'root', what: 'its own issuer', parts: {} },
    { kind: 'root', what: 'another issuer', parts: { issuer: nameOf('Other') }, finding: /not its subject/ },
  ],
  'issuer-differs': [
    { kind: 'intermediate', what: 'another issuer', parts: {} },
    {
      kind: 'intermediate',
      what: 'itself',
      parts: { issuer: nameOf('X'), subject: nameOf('X') },
      finding: /itself/,
    },
    { kind: 'leaf', what: 'itself', parts: { issuer: nameOf('X'), subject: nameOf('X') }, finding: /itself/ },
  ],
  'directory-string-type': [
    { kind: 'leaf', what: 'UTF8String', parts: {} },
    { kind: 'leaf', what: 'PrintableString', parts: { subject: nameOf('a.example', tag.printableString) } },
    {
      kind: 'leaf',
      what: 'TeletexString',
      parts: { subject: nameOf('a.example', tag.teletexString) },
      finding: /neither/,
    },
    { kind: 'root', what: 'BMPString', parts: { subject: nameOf('ab', tag.bmpString) }, finding: /neither/ },
  ],
  'name-alphabet': [
    { kind: 'leaf', what: 'UTF-8', parts: { subject: nameOf('bücher') } },
    {
      kind: 'leaf',
      what: 'every mark of PrintableString',
      parts: { subject: nameOf("aZ0 '()+,-./:=?", tag.printableString) },
    },
    {
      kind: 'leaf',
      what: 'an asterisk in a PrintableString',
      parts: { subject: nameOf('*.a', tag.printableString) },
      finding: /PrintableString/,
    },
    {
      kind: 'leaf',
      what: 'broken UTF-8',
      parts: { subject: nameWith(oid.commonName, der(tag.utf8String, Buffer.from([0xc3]))) },
      finding: /UTF-8/,
    },
  ],
  'name-upper-bounds': [
    { kind: 'leaf', what: '64 characters', parts: { subject: nameOf('a'.repeat(64)) } },
    { kind: 'leaf', what: '64 characters of 128 octets', parts: { subject: nameOf('ü'.repeat(64)) } },
    {
      kind: 'leaf',
      what: '65 characters',
      parts: { subject: nameOf('a'.repeat(65)) },
      finding: /65 characters/,
    },
    { kind: 'leaf', what: 'an empty common name', parts: { subject: nameOf('') }, finding: /empty/ },
    {
      kind: 'intermediate',
      what: 'an organization of 65',
      parts: { subject: nameWith(oid.organizationName, derUtf8String('o'.repeat(65))) },
      finding: /65 characters/,
    },
  ],
  'unique-identifiers': [
    { kind: 'leaf', what: 'none', parts: {} },
    {
      kind: 'leaf',
      what: 'a subjectUniqueID',
      parts: { uniqueId: der(contextTag(2), Buffer.from([0, 1])) },
      finding: /unique identifier/,
    },
    {
      kind: 'leaf',
      what: 'an issuerUniqueID',
      parts: { uniqueId: der(contextTag(1), Buffer.from([0, 1])) },
      finding: /unique identifier/,
    },
  ],
  'signature-algorithm': [
    { kind: 'leaf', what: 'ECDSA without parameters', parts: {} },
    {
      kind: 'leaf',
      what: 'RSA with NULL',
      parts: { signatureAlgorithm: derSequence(derOid(oid.sha256WithRsaEncryption), derNull()) },
    },
    {
      kind: 'leaf',
      what: 'ECDSA with NULL',
      parts: { signatureAlgorithm: derSequence(derOid(oid.ecdsaWithSha256), derNull()) },
      finding: /wrong parameters/,
    },
    {
      kind: 'leaf',
      what: 'RSA without parameters',
      parts: { signatureAlgorithm: derSequence(derOid(oid.sha256WithRsaEncryption)) },
      finding: /wrong parameters/,
    },
    {
      kind: 'root',
      what: 'SHA-1',
      parts: { signatureAlgorithm: derSequence(derOid('1.2.840.113549.1.1.5'), derNull()) },
      finding: /SHA-1/,
    },
  ],
  'public-key': [
    ...(['P-256', 'RSA', 'Ed25519'] as const).map(
      (kind): LintCase => ({ kind: 'leaf', what: kind, parts: { spki: spkis[kind] } }),
    ),
    {
      kind: 'leaf',
      what: 'explicit curve parameters',
      parts: { spki: derSequence(derSequence(derOid(oid.ecPublicKey), derSequence()), derBitString(point)) },
      finding: /RFC 5480/,
    },
    {
      kind: 'leaf',
      what: 'a compressed point',
      parts: {
        spki: derSequence(
          derSequence(derOid(oid.ecPublicKey), derOid(oid.secp256r1)),
          derBitString(Buffer.alloc(33, 2)),
        ),
      },
      finding: /compressed/,
    },
    {
      kind: 'leaf',
      what: 'RSA without NULL',
      parts: { spki: derSequence(derSequence(derOid(oid.rsaEncryption)), derBitString(derNull())) },
      finding: /RFC 3279/,
    },
    {
      kind: 'leaf',
      what: 'Ed25519 with NULL',
      parts: {
        spki: derSequence(derSequence(derOid(oid.ed25519), derNull()), derBitString(Buffer.alloc(32))),
      },
      finding: /RFC 8410/,
    },
  ],
};
