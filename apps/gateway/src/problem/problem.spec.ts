import { HttpException } from '@nestjs/common';
import { DomainError } from '#libs/errors';
import { bodyValidator } from './body-validator.js';
import { toDomainError } from './http-error.js';
import { parseJson } from './json-body.js';
import { toProblem } from './problem.js';

const problem = (...args: ConstructorParameters<typeof DomainError>) => {
  const { body, ...rest } = toProblem(new DomainError(...args), 'r-1');
  return { ...rest, error: JSON.parse(body).error };
};

describe('a problem', () => {
  it('is the one envelope with the code of the table', () => {
    expect(problem('bad_ttl', 'No.')).toEqual({
      status: 400,
      headers: {},
      error: { code: 'bad_ttl', message: 'No.', request_id: 'r-1' },
    });
  });

  it('carries details that cannot replace its own members', () => {
    const details = { failures: [{ index: 3, reason: 'x' }], code: 'other' };
    expect(problem('issue_failed', 'csr 3: x', { details }).error).toEqual({
      code: 'issue_failed',
      message: 'csr 3: x',
      request_id: 'r-1',
      failures: [{ index: 3, reason: 'x' }],
    });
  });

  it('names the scheme of a 401, and when to come back', () => {
    expect(problem('unauthorized', 'x').headers).toEqual({
      'www-authenticate': 'Bearer realm="stackrunner"',
    });
    expect(problem('service_unavailable', 'x').headers).toEqual({ 'retry-after': '1' });
    const details = { limit: 500, used: 497, retry_after: 17 };
    expect(problem('rate_limited', 'x', { details })).toMatchObject({
      status: 429,
      headers: {
        'retry-after': '17',
        'ratelimit-limit': '500',
        'ratelimit-remaining': '3',
        'ratelimit-reset': '17',
      },
      error: { limit: 500, used: 497 },
    });
  });

  it('says nothing of an unexpected failure', () => {
    expect(toProblem(toDomainError(new TypeError('secret')), 'r').body).not.toContain('secret');
  });

  it('translates what the frameworks throw', () => {
    const fastify = (code: string, statusCode: number) =>
      Object.assign(new Error(code), { code, statusCode });
    expect(toDomainError(fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413)).code).toBe('body_too_large');
    expect(toDomainError(fastify('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415)).code).toBe('unsupported_media_type');
    expect(toDomainError(fastify('FST_ERR_NEW', 400)).code).toBe('bad_request');
    expect(toDomainError(fastify('FST_ERR_NEW', 500)).code).toBe('internal');
    expect(toDomainError(new HttpException('x', 404)).code).toBe('bad_path');
    expect(toDomainError('a string').code).toBe('internal');
  });

  it('says what is wrong in a body and where', () => {
    const validate = bodyValidator<unknown>({
      type: 'object',
      required: ['a'],
      additionalProperties: false,
      properties: { a: { type: 'array', items: { type: 'string' } }, b: { const: 'v1' } },
    });
    expect(validate({ a: ['x'] })).toEqual({ a: ['x'] });
    expect(() => validate({ a: ['x', 5] })).toThrow('a[1] must be of type string.');
    expect(() => validate({})).toThrow('a is missing.');
    expect(() => validate({ a: [], b: 'v2' })).toThrow('b must be "v1".');
    expect(() => validate({ a: [], c: 1 })).toThrow('c is not a field of this request.');
    expect(() => validate([])).toThrow('The body must be of type object.');
    expect(() => validate(JSON.parse('{"a":[],"__proto__":{}}'))).toThrow('__proto__ is not a field');
    expect(() => parseJson(Buffer.from('{"a":'))).toThrow('The body is not JSON');
  });
});
