import { HttpException } from '@nestjs/common';
import { DomainError, type ErrorCode } from '#libs/errors';

/** What fastify's own errors mean (fastify, "Errors"); others with a status below 500 are bad requests. */
const fastifyCodes: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', ['body_too_large', 'The request body is too large.']],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', ['unsupported_media_type', 'Send the body as application/json.']],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', ['bad_request', 'The body is not as long as Content-Length says.']],
  ['FST_ERR_BAD_URL', ['bad_path', 'The path is not valid percent-encoding.']],
  ['FST_ERR_MAX_PARAM_LENGTH', ['bad_path', 'The path is too long.']],
]);

/** Anything thrown while a request is handled as the domain error that its client is told. */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (thrown instanceof HttpException) return fromStatus(thrown.getStatus(), thrown);
  if (!(thrown instanceof Error)) return DomainError.from(thrown);
  const known = fastifyCodes.get(stringIn(thrown, 'code') ?? '');
  if (known) return new DomainError(known[0], known[1], { cause: thrown });
  const status = 'statusCode' in thrown ? thrown.statusCode : undefined;
  return typeof status === 'number' ? fromStatus(status, thrown) : DomainError.from(thrown);
}

function fromStatus(status: number, cause: Error): DomainError {
  if (status === 404) return new DomainError('bad_path', 'There is nothing at this path.', { cause });
  if (status >= 400 && status < 500) {
    return new DomainError('bad_request', 'The request could not be read.', { cause });
  }
  return DomainError.from(cause);
}

function stringIn(error: Error, name: 'code'): string | undefined {
  const value = name in error ? (error as { code?: unknown }).code : undefined;
  return typeof value === 'string' ? value : undefined;
}
