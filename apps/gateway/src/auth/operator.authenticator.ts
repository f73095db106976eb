import { constantTimeEqual, sha256 } from '#libs/x509';
import { bearerOf } from './bearer.js';

/** Knows the operator's token by its SHA-256. */
export class OperatorAuthenticator {
  private readonly expected: Uint8Array;

  constructor(token: string) {
    this.expected = sha256(Buffer.from(token));
  }

  /** Whether an Authorization header carries the operator's token. */
  knows(authorization: string | undefined): boolean {
    const token = bearerOf(authorization);
    return token !== undefined && constantTimeEqual(sha256(Buffer.from(token)), this.expected);
  }
}
