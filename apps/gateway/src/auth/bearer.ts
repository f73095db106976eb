/** 32 random bytes in base64url without padding (specification 2 §1). */
const shape = /^[A-Za-z0-9_-]{43}$/;
const scheme = /^bearer +/i;

/** Takes the credential out of an Authorization header (RFC 6750 §2.1); undefined when it has none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const prefix = scheme.exec(authorization);
  return prefix === null ? undefined : authorization.slice(prefix[0].length).trimEnd();
}

/** Whether a text could be a master bearer at all; what fails is refused without asking anybody. */
export function isBearer(text: string): boolean {
  return shape.test(text);
}
