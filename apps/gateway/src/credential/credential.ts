import type { NameConstraints } from '#libs/x509';
import type { SigningMode } from '../auth/principal.js';

/** A signing cert with the modes that a permission has for it. */
export interface Grant {
  /** UUID. */
  readonly certId: string;
  /** Label of the signing cert. */
  readonly certLabel: string;
  readonly modes: readonly SigningMode[];
}

/** What a customer lets some of its credentials do. */
export interface Permission {
  /** UUID. */
  readonly id: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly grants: readonly Grant[];
}

/** What bounds a credential beside its permission. */
export interface CredentialBounds {
  readonly label: string;
  readonly expiresAt: Date | null;
  readonly maxTtlSeconds: number | null;
  readonly nameConstraints: NameConstraints | null;
  /** CIDR notation; empty for anywhere. */
  readonly sourceNetworks: readonly string[];
}

/** A scoped credential as its owner sees it; the credential itself is in no table. */
export interface Credential extends CredentialBounds {
  /** UUID. */
  readonly id: string;
  readonly permissionId: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** Some seconds late. */
  readonly lastUsedAt: Date | null;
}
