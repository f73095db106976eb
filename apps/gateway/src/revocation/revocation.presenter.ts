import { type GetSerialStatusResponse, type Revocation, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { timestamp } from '../http/timestamp.js';
import { hexSerial } from '../pki/serial.js';
import { type RevocationReasonName, reasonName } from './revocation-reason.js';

/** How a certificate stands (specification 1 §5). */
export interface StandingJson {
  readonly status: 'active' | 'expired' | 'revoked';
  readonly expires_at: string;
  readonly revoked_at?: string;
  readonly revoked_reason?: RevocationReasonName;
}

export interface RevocationJson extends StandingJson {
  readonly serial: string;
  readonly invalidity_date?: string;
}

type Standing = Pick<GetSerialStatusResponse, 'status' | 'expiresAt' | 'revokedAt' | 'reason'>;

export function presentStanding({ status, expiresAt, revokedAt, reason }: Standing): StandingJson {
  const standing = { status: wordOf(status), expires_at: timestamp(Number(expiresAt)) };
  if (revokedAt === undefined) return standing;
  return { ...standing, revoked_at: timestamp(Number(revokedAt)), revoked_reason: reasonName(reason) };
}

export function presentRevocation(revocation: Revocation): RevocationJson {
  const { serial, invalidityDate } = revocation;
  return {
    serial: hexSerial(serial),
    ...presentStanding(revocation),
    ...(invalidityDate !== undefined && { invalidity_date: timestamp(Number(invalidityDate)) }),
  };
}

function wordOf(status: SerialStatus): StandingJson['status'] {
  switch (status) {
    case SerialStatus.ACTIVE:
      return 'active';
    case SerialStatus.EXPIRED:
      return 'expired';
    case SerialStatus.REVOKED:
      return 'revoked';
    default:
      throw new DomainError('internal', 'The revocation service gave the certificate no status.');
  }
}
