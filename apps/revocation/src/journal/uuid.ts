import { DomainError } from '#libs/errors';

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** @throws DomainError bad_request */
export function assertUuid(text: string, name: string): void {
  if (!isUuid(text)) throw new DomainError('bad_request', `${name} must be a UUID.`);
}
