import fc from 'fast-check';
import { DomainError, type ErrorCode, errors } from '#libs/errors';
import { errorHeaders, errorOf } from './error-status.js';
import { formatTimeout, parseTimeout } from './grpc-timeout.js';
import { percentDecode, percentEncode } from './percent-encoding.js';

describe('grpc-timeout', () => {
  it.each([
    ['5000m', 5000],
    ['5S', 5000],
    ['2M', 120_000],
    ['1H', 3_600_000],
    ['1500u', 1.5],
    ['0m', 0],
  ])('reads %s', (header, milliseconds) => {
    expect(parseTimeout(header)).toBeCloseTo(milliseconds);
  });

  it.each([undefined, '', '5', 'm', '-5m', '5.5S', '123456789m', '5s'])('refuses %p', (header) => {
    expect(parseTimeout(header)).toBeUndefined();
  });

  it('writes what it reads, never less than was left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 * 86_400_000 }), (milliseconds) => {
        const read = parseTimeout(formatTimeout(milliseconds)) ?? 0;
        expect(read).toBeGreaterThanOrEqual(milliseconds);
        expect(read).toBeLessThan(milliseconds + 1000);
      }),
    );
  });
});

describe('grpc-message', () => {
  it('carries any text in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = percentEncode(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(percentDecode(encoded)).toBe(text);
      }),
    );
  });

  it('reads what is not an escape as it stands', () => {
    expect(percentDecode('100% of %zz')).toBe('100% of %zz');
  });
});

describe('a refusal in headers', () => {
  it('is the same domain error on the other side, for every code', () => {
    for (const code of Object.keys(errors) as ErrorCode[]) {
      const head = errorHeaders(new DomainError(code, 'größer\n', { details: { limit: 5, list: ['a'] } }));
      expect(Object.values(head).join('')).toMatch(/^[\x20-\x7e]*$/);
      const read = errorOf((name) => head[name]);
      expect(read).toMatchObject({ code, message: 'größer\n', details: { limit: 5, list: ['a'] } });
    }
  });

  it('carries 64-bit integers as numbers, and survives a header that is not ours', () => {
    const head = errorHeaders(new DomainError('quota_exceeded', 'm', { details: { limit: 5000n } }));
    expect(errorOf((name) => head[name])?.details).toEqual({ limit: 5000 });
    const odd = { ...head, 'stackrunner-error-bin': '/////w==' };
    expect(errorOf((name) => odd[name as keyof typeof odd])).toMatchObject({ code: 'overloaded' });
  });

  it('is understood by its status where the code is missing or unknown', () => {
    const of = (status: string) => errorOf((name) => ({ 'grpc-status': status, 'grpc-message': 'm' })[name]);
    expect(of('0')).toBeUndefined();
    expect(of('4')).toMatchObject({ code: 'deadline_exceeded', message: 'm' });
    expect(of('8')).toMatchObject({ code: 'overloaded' });
    expect(of('14')).toMatchObject({ code: 'service_unavailable' });
    expect(of('3')).toMatchObject({ code: 'bad_request' });
    expect(of('12')).toMatchObject({ code: 'internal' });
    expect(errorOf(() => undefined)).toMatchObject({ code: 'internal' });
  });
});
