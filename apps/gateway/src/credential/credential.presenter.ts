import { presentConstraints } from '../customer/customer.presenter.js';
import type { NameConstraintsJson } from '../customer/customer.schema.js';
import { timestamp } from '../http/timestamp.js';
import type { Credential, Grant, Permission } from './credential.js';

export interface GrantJson {
  readonly cert_id: string;
  readonly label: string;
  readonly modes: readonly string[];
}

export interface PermissionJson {
  readonly permission_id: string;
  readonly label: string;
  readonly created_at: string;
  readonly signing_certs: readonly GrantJson[];
}

export interface CredentialJson {
  readonly credential_id: string;
  readonly permission_id: string;
  readonly label: string;
  readonly status: 'active' | 'expired' | 'revoked';
  readonly signing_certs: readonly GrantJson[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly max_ttl_seconds: number | null;
  readonly name_constraints: NameConstraintsJson | null;
  readonly source_networks: readonly string[];
}

export function presentPermission({ id, label, createdAt, grants }: Permission): PermissionJson {
  return {
    permission_id: id,
    label,
    created_at: timeOf(createdAt),
    signing_certs: grants.map(presentGrant),
  };
}

function presentGrant({ certId, certLabel, modes }: Grant): GrantJson {
  return { cert_id: certId, label: certLabel, modes };
}

/** @param now Unix milliseconds */
export function presentCredential(
  credential: Credential,
  grants: readonly Grant[],
  now: number,
): CredentialJson {
  return {
    credential_id: credential.id,
    permission_id: credential.permissionId,
    label: credential.label,
    status: statusOf(credential, now),
    signing_certs: grants.map(presentGrant),
    created_at: timeOf(credential.createdAt),
    expires_at: credential.expiresAt && timeOf(credential.expiresAt),
    revoked_at: credential.revokedAt && timeOf(credential.revokedAt),
    last_used_at: credential.lastUsedAt && timeOf(credential.lastUsedAt),
    max_ttl_seconds: credential.maxTtlSeconds,
    name_constraints: presentConstraints(credential.nameConstraints ?? undefined),
    source_networks: credential.sourceNetworks,
  };
}

function statusOf({ revokedAt, expiresAt }: Credential, now: number): CredentialJson['status'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt.getTime() <= now ? 'expired' : 'active';
}

export function timeOf(date: Date): string {
  return timestamp(Math.floor(date.getTime() / 1000));
}
