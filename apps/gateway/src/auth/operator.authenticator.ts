import { DomainError } from '#libs/errors';
import { constantTimeEqual, sha256 } from '#libs/x509';
import { bearerOf } from './bearer.js';

/** Knows the operator's token by its SHA-256. */
export class OperatorAuthenticator {
  private readonly expected: Uint8Array;

  constructor(token: string) {
    this.expected = sha256(Buffer.from(token));
  }

  /** @throws DomainError unauthorized */
  authenticate(authorization: string | undefined): void {
    const token = bearerOf(authorization);
    if (token === undefined || !constantTimeEqual(sha256(Buffer.from(token)), this.expected)) {
      throw new DomainError('unauthorized', 'The operator token is missing or not recognised.');
    }
  }
}
