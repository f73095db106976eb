import { DomainError } from '#libs/errors';
import { constantTimeEqual, sha256 } from '#libs/x509';
import type { BearerAuthenticator } from './bearer.authenticator.js';
import { bearerOf } from './bearer.js';

/** Knows the operator's token by its SHA-256, and customers' bearers well enough to say that they do not suffice. */
export class OperatorAuthenticator {
  private readonly expected: Uint8Array;

  constructor(
    token: string,
    private readonly customers: Pick<BearerAuthenticator, 'authenticate'>,
  ) {
    this.expected = sha256(Buffer.from(token));
  }

  knows(authorization: string | undefined): boolean {
    const token = bearerOf(authorization);
    return token !== undefined && constantTimeEqual(sha256(Buffer.from(token)), this.expected);
  }

  /**
   * Why who is not the operator is refused: operator_only for a customer, whose bearer is known but not enough;
   * otherwise unauthorized, also while it cannot be known whose bearer it is.
   */
  async refusalOf(authorization: string | undefined): Promise<DomainError> {
    try {
      await this.customers.authenticate(authorization);
      return new DomainError('operator_only', "This takes the operator's token.");
    } catch {
      return new DomainError('unauthorized', 'The operator token is missing or not recognised.');
    }
  }
}
