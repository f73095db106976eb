import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as peculiar from '@peculiar/x509';
import { parseCsr } from '../csr/parse-csr.js';
import { derOid, oid } from '../der/index.js';
import { keyIdentifier } from '../digest.js';
import { buildCsr, dns, extensionRequest, san, testKey } from '../testing/csr-builder.js';
import { testAuthority, testNow } from '../testing/test-authority.js';
import { CertificateError } from './certificate-error.js';
import { LeafTemplate } from './leaf-template.js';
import { parseCertificate, verifyCertificateSignature } from './parse-certificate.js';

const authority = testAuthority('P-256');
const settings = {
  certificateDer: authority.intermediateDer,
  subjectCommonName: 'test.leaf.example',
  crlUrls: ['http://pki.example/i.crl'],
  ocspUrl: 'http://pki.example/ocsp',
  caIssuersUrl: 'http://pki.example/i.der',
  signatureAlgorithm: authority.signatureAlgorithm,
};
const template = new LeafTemplate(settings);
const named = parseCsr(buildCsr({ attributes: [extensionRequest(san(dns('a.example'), dns('b.example')))] }));
const hour = 3_600_000;

function leafOf(serial: Buffer, notBefore = testNow, notAfter = testNow + hour) {
  return parseCertificate(authority.issue(template.tbs(named, serial, notBefore, notAfter)));
}

describe('a leaf', () => {
  const serial = Buffer.from('ec1b7cc69f0000000000000000000001', 'hex');
  const leaf = leafOf(serial);

  it('reads back as what went in', () => {
    expect(leaf.serialHex).toBe(serial.toString('hex'));
    expect(leaf.notBefore).toBe(testNow);
    expect(leaf.notAfter).toBe(testNow + hour);
    expect(Buffer.from(leaf.spki.der)).toEqual(Buffer.from(named.spki.der));
    expect(leaf.subjectAltNames).toEqual(template.subjectAltNames(named));
    expect(leaf.subjectKeyIdentifier).toEqual(keyIdentifier(named.spki.key));
    const issuer = parseCertificate(authority.intermediateDer);
    expect(leaf.authorityKeyIdentifier).toEqual(issuer.subjectKeyIdentifier);
    expect(verifyCertificateSignature(leaf, issuer)).toBe(true);
    expect(verifyCertificateSignature(leaf, leaf)).toBe(false);
  });

  it('is the same in the eyes of Node and @peculiar/x509', () => {
    const node = new X509Certificate(leaf.der);
    expect(node.subject).toBe('CN=test.leaf.example');
    expect(node.serialNumber.toLowerCase()).toBe(leaf.serialHex);
    expect(node.subjectAltName).toBe('DNS:a.example, DNS:b.example');
    const other = new peculiar.X509Certificate(Uint8Array.from(leaf.der));
    expect(other.serialNumber).toMatch(/ec1b7cc69f/);
    expect(other.extensions.map(({ type }) => type)).toEqual([
      '2.5.29.19',
      '2.5.29.15',
      '2.5.29.37',
      '2.5.29.35',
      '2.5.29.31',
      '1.3.6.1.5.5.7.1.1',
      '2.5.29.14',
      '2.5.29.17',
    ]);
  });

  it('is named like its subject where the request has no name', () => {
    const csr = parseCsr(buildCsr({ key: testKey('Ed25519') }));
    const der = authority.issue(template.tbs(csr, serial, testNow, testNow + hour));
    expect(parseCertificate(der).subjectAltNames).toEqual([{ type: 'dns', value: 'test.leaf.example' }]);
    expect(template.subjectAltNames(csr)).toEqual([{ type: 'dns', value: 'test.leaf.example' }]);
  });

  it.each([
    ['01', '01'],
    ['0000000000000000000000000000007f', '7f'],
    ['00000000000000000000000000000080', '80'],
    ['ff'.repeat(16), 'ff'.repeat(16)],
  ])('has the serial %s as a positive INTEGER', (hex, expected) => {
    const { fields, serialHex } = leafOf(Buffer.from(hex, 'hex'));
    expect(serialHex).toBe(expected);
    expect((fields.serial.octets[0] ?? 0xff) < 0x80).toBe(true);
  });

  it('changes from UTCTime to GeneralizedTime in 2050', () => {
    const turn = Date.UTC(2050, 0, 1);
    const { fields } = leafOf(serial, turn - 1000, turn);
    expect(fields.notBefore).toEqual({ at: turn - 1000, generalized: false });
    expect(fields.notAfter).toEqual({ at: turn, generalized: true });
  });

  it('rounds its times down to seconds', () => {
    expect(leafOf(serial, testNow + 999, testNow + 1999).notBefore).toBe(testNow);
  });
});

describe('a template', () => {
  it('needs an issuer with a key identifier, and a name that fits', () => {
    expect(() => new LeafTemplate({ ...settings, certificateDer: Buffer.from('junk') })).toThrow(
      CertificateError,
    );
    expect(() => new LeafTemplate({ ...settings, subjectCommonName: 'a'.repeat(65) })).toThrow(/1 to 64/);
    expect(() => new LeafTemplate({ ...settings, subjectCommonName: 'a'.repeat(64) })).not.toThrow();
  });
});

describe('the place where a leaf says that its status is told', () => {
  const shards = Array.from({ length: 4 }, (_, shard) => `http://pki.example/i.${shard}.crl`);
  const sharded = new LeafTemplate({ ...settings, crlUrls: shards, shortLivedMs: 3_660_000 });
  const csr = parseCsr(buildCsr({ key: testKey('P-256') }));
  const textOf = (lastOctet: number, hours: number): string => {
    const serial = Buffer.concat([Buffer.alloc(15, 0x11), Buffer.from([lastOctet])]);
    return sharded.tbs(csr, serial, testNow - 60_000, testNow + hours * 3_600_000).toString('latin1');
  };

  it('is the shard of the last octet of its serial number', () => {
    for (const octet of [0, 1, 6, 255]) {
      const named = shards.filter((url) => textOf(octet, 24).includes(url));
      expect(named).toEqual([shards[octet % 4]]);
    }
  });

  it('is missing in a short-lived one, which says so (RFC 9608)', () => {
    const noRevAvail = derOid(oid.noRevAvail).toString('latin1');
    for (const [hours, isShort] of [
      [0.5, true],
      [1, false],
    ] as const) {
      const text = textOf(1, hours);
      expect([hours, text.includes('.crl'), text.includes('/ocsp'), text.includes(noRevAvail)]).toEqual([
        ...[hours, !isShort, !isShort, isShort],
      ]);
      expect(text).toContain('i.der');
    }
  });
});
