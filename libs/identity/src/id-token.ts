import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identity } from './identity.js';

/** What an ID token must be. */
export interface Expectation {
  readonly issuer: string;
  /** One of these is in `aud`, and is `azp` where the token has one. */
  readonly audiences: readonly string[];
  /** Signature algorithms; asymmetric ones only. */
  readonly algorithms: readonly string[];
  /** Of the sign-in that the token belongs to; a token that comes by itself has none to compare. */
  readonly nonce: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The issuer says something of the person that keeps it out; the message is for the person. */
export class UnverifiedEmailError extends Error {
  override readonly name = 'UnverifiedEmailError';
}

/** A token is not one that this product accepts; the message is for the log. */
export class IdTokenError extends Error {
  override readonly name = 'IdTokenError';
}

/** Clocks of issuers may differ by so much, in seconds. */
const clockSkewSeconds = 60;
const longestToken = 16_384;
/** OpenID Connect Core 1.0 §2. */
const longestSubject = 255;

/** Whether a text has the form of a signed token, before anything of it is decoded. */
export function isCompactJwt(text: string): boolean {
  return text.length <= longestToken && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * Verifies an ID token (OpenID Connect Core 1.0 §3.1.3.7): signature by a key of the issuer with an allowed
 * algorithm, `iss`, `aud`, `azp`, `exp`, `nbf`, `iat`, `nonce`, and that the e-mail is verified.
 *
 * @throws jose's errors and IdTokenError for a token that is refused; UnverifiedEmailError for its person
 */
export async function verifyIdToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: Expectation,
): Promise<Identity> {
  if (!isCompactJwt(token)) throw new IdTokenError('not a signed token');
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: expected.issuer,
    audience: [...expected.audiences],
    algorithms: [...expected.algorithms],
    clockTolerance: clockSkewSeconds,
    currentDate: new Date(expected.now),
    requiredClaims: ['sub', 'aud', 'exp', 'iat'],
  });
  // RFC 9068 §4: an access token of the same issuer for the same audience is no ID token.
  if (protectedHeader.typ !== undefined && protectedHeader.typ.toUpperCase() !== 'JWT')
    throw new IdTokenError(`a token of type ${protectedHeader.typ}`);
  checkParty(payload, expected.audiences);
  checkTimes(payload, expected.now);
  if (expected.nonce !== undefined && payload.nonce !== expected.nonce)
    throw new IdTokenError('the nonce of another sign-in');
  return identityOf(payload, expected.issuer);
}

/** §3.1.3.7 (4, 5): with several audiences the authorised party is named, and it is always one of ours. */
function checkParty({ aud, azp }: JWTPayload, audiences: readonly string[]): void {
  if (azp === undefined && Array.isArray(aud) && aud.length > 1)
    throw new IdTokenError('several audiences, and no authorised party');
  if (azp !== undefined && !(typeof azp === 'string' && audiences.includes(azp)))
    throw new IdTokenError('another authorised party');
}

function checkTimes({ iat = 0, exp = 0 }: JWTPayload, now: number): void {
  if (iat > now / 1_000 + clockSkewSeconds) throw new IdTokenError('issued in the future');
  if (exp <= iat) throw new IdTokenError('expired before it was issued');
}

function identityOf(payload: JWTPayload, issuer: string): Identity {
  const { sub = '', email, email_verified: verified, name } = payload;
  if (sub === '' || sub.length > longestSubject) throw new IdTokenError('no usable subject');
  // Some issuers write the boolean as text.
  const isVerified = verified === true || verified === 'true';
  if (typeof email !== 'string' || !isEmail(email) || !isVerified) {
    throw new UnverifiedEmailError('Your identity provider does not vouch for an e-mail address of yours.');
  }
  return {
    issuer,
    subject: sub,
    email: email.toLowerCase(),
    ...(typeof name === 'string' && name !== '' && { name: name.slice(0, 200) }),
  };
}

function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s\p{Cc}]+@[^\s\p{Cc}@]+$/u.test(text);
}
