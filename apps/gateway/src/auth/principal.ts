import type { NameConstraints } from '#libs/x509';

/** Whether a customer may mint. */
export type CustomerStanding = 'provisioning' | 'active' | 'suspended';

/** What a customer's account includes: a CA of its own, or the one that Free customers share. */
export type CustomerTier = 'dev' | 'free';

/** A customer as the gateway knows it. */
export interface KnownCustomer {
  /** UUID. */
  readonly customerId: string;
  readonly handle: string;
  readonly status: CustomerStanding;
  readonly tier: CustomerTier;
}

/** Showed the customer's one master bearer (specification 2 §1, specification 3). */
export interface BearerPrincipal extends KnownCustomer {
  readonly kind: 'bearer';
  /** SHA-256 of the bearer in hex: what may be logged of it. */
  readonly hash: string;
}

/** How a scoped credential's certificates are made from requests (specification 2 §2). */
export const signingModes = ['sign_leaf', 'cross_sign'] as const;
export type SigningMode = (typeof signingModes)[number];

/** Showed a scoped credential (specification 2 §2). */
export interface CredentialPrincipal extends KnownCustomer {
  readonly kind: 'credential';
  /** SHA-256 of the credential in hex. */
  readonly hash: string;
  /** UUID. */
  readonly credentialId: string;
  /** UUID of the permission that it proves; EST calls it the batch id. */
  readonly permissionId: string;
  /** The modes that the permission has, by the id of the signing cert. */
  readonly grants: ReadonlyMap<string, ReadonlySet<SigningMode>>;
  /** Unix milliseconds; undefined when it does not expire. */
  readonly expiresAt: number | undefined;
  /** Longest lifetime of its certificates in seconds; undefined when only the product's own bound counts. */
  readonly maxTtlSeconds: number | undefined;
  /** Which names its certificates may have, beside what the CA allows. */
  readonly nameConstraints: NameConstraints | undefined;
  /** Networks in CIDR notation from which it is taken; empty for any. */
  readonly sourceNetworks: readonly string[];
}

/** A person whose identity an OIDC issuer vouched for. */
export interface SignedInPerson {
  /** UUID. */
  readonly id: string;
  /** The issuer's URL. */
  readonly issuer: string;
  /** Who it is to that issuer. */
  readonly subject: string;
  readonly email: string;
  readonly name: string | undefined;
  /** What it asked for when it signed up. */
  readonly wantedTier: CustomerTier | undefined;
  /** Names the session; never its secret. */
  readonly sessionId: string;
}

/** Is signed in, and owns the customer. */
export interface OwnerPrincipal extends KnownCustomer {
  readonly kind: 'owner';
  readonly person: SignedInPerson;
}

/** Is signed in, and owns no customer yet. */
export interface VisitorPrincipal {
  readonly kind: 'visitor';
  readonly person: SignedInPerson;
}

/** Authenticated the connection with the customer's birth certificate (specification 1, mTLS). */
export interface CertificatePrincipal extends KnownCustomer {
  readonly kind: 'certificate';
  /** SHA-256 of the certificate in hex. */
  readonly fingerprint: string;
}

/** Showed the operator's token. */
export interface OperatorPrincipal {
  readonly kind: 'operator';
}

/** Somebody who acts for a customer. */
export type CustomerPrincipal = BearerPrincipal | CredentialPrincipal | OwnerPrincipal | CertificatePrincipal;

/** Whoever is behind a request. */
export type Principal = CustomerPrincipal | VisitorPrincipal | OperatorPrincipal;
export type PrincipalKind = Principal['kind'];

/** What an opaque token can stand for. */
export type TokenPrincipal = BearerPrincipal | CredentialPrincipal;
