import { type ErrorCode, errors } from './error-table.js';

/** Facts beside the message, for example `{ limit: 5000, used: 5000 }`; JSON-safe, never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The only error that services throw on purpose: a code of the table and one sentence for a person. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? {};
  }

  readonly details: ErrorDetails;

  /** The HTTP status of this error's row. */
  get httpStatus(): number {
    return errors[this.code].http;
  }

  /** Any thrown value as a DomainError: itself, or `internal` with the value as its cause. */
  static from(thrown: unknown): DomainError {
    return thrown instanceof DomainError
      ? thrown
      : new DomainError('internal', 'Something went wrong on our side.', { cause: thrown });
  }
}
