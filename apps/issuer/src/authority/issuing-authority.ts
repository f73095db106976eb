import { KeyAlgorithm } from '#libs/contracts';
import { uuidBytes } from '#libs/database';
import { DomainError } from '#libs/errors';
import { parseCertificate, type SignatureAlgorithm } from '#libs/x509';
import { backdate } from '../policy/batch.policy.js';
import type { AuthorityRow } from './authority.entity.js';
import type { SigningAuthority } from './signing-authority.js';
import { SigningVariants } from './signing-variants.js';

/** An active intermediate with what a mint needs around its signature. */
export interface IssuingAuthority {
  readonly signing: SigningAuthority;
  /** The same for leaves that are not a mint's. */
  readonly variants: SigningVariants;
  /** DER, the intermediate, then the root. */
  readonly chain: readonly Uint8Array[];
  /** Epoch milliseconds. */
  readonly notAfter: number;
  readonly caUuid: Uint8Array;
  readonly customerUuid: Uint8Array;
}

/** Where leaves say that status and issuer are found, and under which domain their subjects are. */
export interface PkiNames {
  /** Without a trailing slash. */
  readonly pkiUrl: string;
  readonly baseDomain: string;
  /** TTLs below, in seconds, are short-lived. */
  readonly shortLivedTtl: number;
}

/** A customer by its id and handle. */
export interface Subscriber {
  readonly customerId: string;
  readonly handle: string;
}

/**
 * @param subscriber whose leaves it signs: the intermediate's own customer, or one that has another's sign
 * @throws internal when a row lacks what only a retired intermediate lacks
 */
export function issuingAuthority(
  row: AuthorityRow,
  names: PkiNames,
  subscriber?: Subscriber,
): IssuingAuthority {
  const { caId, handle, keyRef, algorithm, intermediateDer, rootDer, generation } = row;
  if (!handle || !keyRef || algorithm === null || !intermediateDer || !rootDer || generation === null) {
    throw new DomainError('internal', `The intermediate ${caId} is known by its id only.`);
  }
  const base = `${names.pkiUrl}/${handle}`;
  const customerId = subscriber?.customerId ?? row.customerId;
  const signing: SigningAuthority = {
    caId,
    customerId,
    keyRef,
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    certificateDer: intermediateDer,
    subjectCommonName: `${subscriber?.handle ?? handle}.leaf.${names.baseDomain}`,
    crlUrls: crlUrls(base, row),
    shortLivedMs: names.shortLivedTtl === 0 ? 0 : (names.shortLivedTtl + backdate) * 1000,
    ocspUrl: `${base}/ocsp`,
    caIssuersUrl: `${base}/ca/intermediate-g${generation}.der`,
    names: 'requested',
    ownNamesOnly: false,
    nameConstraints: undefined,
  };
  return {
    signing,
    variants: new SigningVariants(signing),
    chain: [intermediateDer, rootDer],
    notAfter: parseCertificate(intermediateDer).notAfter,
    caUuid: uuidBytes(caId),
    customerUuid: uuidBytes(customerId),
  };
}

function signatureAlgorithmOf(algorithm: KeyAlgorithm): SignatureAlgorithm {
  switch (algorithm) {
    case KeyAlgorithm.EC_P256:
      return 'ecdsa-sha256';
    case KeyAlgorithm.EC_P384:
      return 'ecdsa-sha384';
    case KeyAlgorithm.RSA_2048:
    case KeyAlgorithm.RSA_3072:
    case KeyAlgorithm.RSA_4096:
      return 'rsa-sha256';
    case KeyAlgorithm.UNSPECIFIED:
      throw new DomainError('internal', 'An intermediate without a key algorithm cannot sign.');
  }
}

/** As the revocation service names its files: the first generation without a number, and a shard only where there are several. */
function crlUrls(base: string, { generation, crlShards }: AuthorityRow): string[] {
  const name = `${base}/intermediate${generation === null || generation === 1 ? '' : `-g${generation}`}`;
  if (crlShards <= 1) return [`${name}.crl`];
  return Array.from({ length: crlShards }, (_, shard) => `${name}.${shard}.crl`);
}
