import fc from 'fast-check';
import { buildCsr } from '../testing/csr-builder.js';
import { csrFromPem, PemError, pemBlocks, pemDecodeAll, pemEncode } from './pem.js';

describe('PEM', () => {
  it('gives back what went in, in lines of 64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const text = pemEncode('CERTIFICATE', bytes);
        expect(text.split('\n').every((line) => line.length <= 64)).toBe(true);
        expect(pemDecodeAll(text)).toEqual([Buffer.from(bytes)]);
        expect(pemDecodeAll(text.replaceAll('\n', '\r\n'))).toEqual([Buffer.from(bytes)]);
      }),
    );
  });

  it('finds every block, or those of a label, between any text', () => {
    const text = `Subject: a\n${pemEncode('A', Buffer.from('1'))}junk\n${pemEncode('B', Buffer.from('2'))}`;
    expect(pemBlocks(text).map(({ label }) => label)).toEqual(['A', 'B']);
    expect(pemDecodeAll(text, 'B')).toEqual([Buffer.from('2')]);
    expect(pemDecodeAll('nothing')).toEqual([]);
  });

  it.each([
    ['-----BEGIN A-----\nAAAA', /no end/],
    ['-----BEGIN A-----\nAAAA\n-----END B-----', /no end/],
    ['-----BEGIN A-----\nAA!A\n-----END A-----', /not base64/],
    ['-----BEGIN A-----\nAAA\n-----END A-----', /not base64/],
    ['-----BEGIN A-----\nAA==AAAA\n-----END A-----', /not base64/],
    ['-----BEGIN A-----\n-----END A-----', /not base64/],
    ['-----BEGIN a\nb-----\nAAAA\n-----END a\nb-----', /header/],
    ['-----BEGIN ', /header/],
  ])('refuses %j', (text, reason) => {
    expect(() => pemBlocks(text)).toThrow(PemError);
    expect(() => pemBlocks(text)).toThrow(reason);
  });
});

describe('csrFromPem', () => {
  const der = buildCsr();

  it.each(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])('takes %s', (label) => {
    expect(csrFromPem(pemEncode(label, der))).toEqual(der);
  });

  it.each([
    ['', /no PEM block/],
    [pemEncode('CERTIFICATE', der), /type CERTIFICATE; CERTIFICATE REQUEST is expected/],
    [pemEncode('CERTIFICATE REQUEST', der).repeat(2), /2 PEM blocks/],
    ['-----BEGIN CERTIFICATE REQUEST-----', /no end/],
  ])('refuses %#', (text, reason) => {
    expect(() => csrFromPem(text)).toThrow(reason);
  });
});
