import { DomainError } from '#libs/errors';

/** Where a page ends: certificates are listed by expiry, the latest first, and by serial number within a second. */
export interface PageEnd {
  readonly expiresAt: Date;
  readonly serial: Buffer;
}

/** Unix seconds and the serial number: what anybody may know who has seen the certificate. */
export function encodePageToken({ expiresAt, serial }: PageEnd): string {
  return `${Math.floor(expiresAt.getTime() / 1000)}-${serial.toString('hex')}`;
}

/** @throws DomainError bad_request for a text that is no token */
export function decodePageToken(token: string): PageEnd {
  const [, seconds, serial] = /^(\d{1,11})-((?:[0-9a-f]{2}){1,20})$/.exec(token) ?? [];
  if (seconds === undefined || serial === undefined) {
    throw new DomainError('bad_request', 'page_token is not one that this interface gave.');
  }
  return { expiresAt: new Date(Number(seconds) * 1000), serial: Buffer.from(serial, 'hex') };
}
