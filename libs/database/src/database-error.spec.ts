import { DomainError } from '#libs/errors';
import { isUnavailable, mapDatabaseError, sqlState } from './database-error.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('errors of the database', () => {
  it.each(['53100', '53300', '57P01', '57P02', '57P03', '57014', '25006', '08006', '58030'])(
    'with SQLSTATE %s pass when PostgreSQL recovers',
    (code) => expect(mapDatabaseError(withCode(code))).toMatchObject({ code: 'storage_unavailable' }),
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'])(
    '%s: so do those of a socket',
    (code) => expect(isUnavailable(withCode(code))).toBe(true),
  );

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])("and node-postgres's own: %s", (message) => expect(isUnavailable(new Error(message))).toBe(true));

  it('are seen through what wraps them', () => {
    const driverError = withCode('53100', 'could not extend file');
    expect(isUnavailable(Object.assign(new Error('query failed'), { driverError }))).toBe(true);
    expect(isUnavailable(new AggregateError([withCode('ECONNREFUSED')], ''))).toBe(true);
    expect(isUnavailable(new Error('outer', { cause: withCode('57P03') }))).toBe(true);
  });

  it('stay as they are when the statement is at fault', () => {
    for (const error of [withCode('23505'), withCode('42P01'), new TypeError('x'), 'words', undefined]) {
      expect(mapDatabaseError(error)).toBe(error);
    }
    const domain = new DomainError('quota_exceeded', 'enough');
    expect(mapDatabaseError(domain)).toBe(domain);
  });

  it('keep their cause and do not show it to customers', () => {
    const cause = withCode('53100', 'could not extend file "base/16384/16397"');
    const mapped = mapDatabaseError(cause) as DomainError;
    expect(mapped.cause).toBe(cause);
    expect(mapped.message).not.toContain('base/');
    expect(mapped.httpStatus).toBe(503);
  });

  it('give their SQLSTATE', () => {
    expect(sqlState(withCode('23505'))).toBe('23505');
    expect(sqlState(Object.assign(new Error('x'), { driverError: withCode('40001') }))).toBe('40001');
    expect(sqlState(withCode('ECONNREFUSED'))).toBeUndefined();
    expect(sqlState('x')).toBeUndefined();
  });
});
