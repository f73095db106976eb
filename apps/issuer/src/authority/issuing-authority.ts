import { KeyAlgorithm } from '#libs/contracts';
import { uuidBytes } from '#libs/database';
import { DomainError } from '#libs/errors';
import { parseCertificate, type SignatureAlgorithm } from '#libs/x509';
import { backdate } from '../policy/batch.policy.js';
import type { AuthorityRow } from './authority.entity.js';
import type { SigningAuthority } from './signing-authority.js';

/** An active intermediate with what a mint needs around its signature. */
export interface IssuingAuthority {
  readonly signing: SigningAuthority;
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

/** @throws internal when a row lacks what only a retired intermediate lacks */
export function issuingAuthority(row: AuthorityRow, names: PkiNames): IssuingAuthority {
  const { caId, customerId, handle, keyRef, algorithm, intermediateDer, rootDer, generation } = row;
  if (!handle || !keyRef || algorithm === null || !intermediateDer || !rootDer || generation === null) {
    throw new DomainError('internal', `The intermediate ${caId} is known by its id only.`);
  }
  const base = `${names.pkiUrl}/${handle}`;
  return {
    signing: {
      caId,
      customerId,
      keyRef,
      signatureAlgorithm: signatureAlgorithmOf(algorithm),
      certificateDer: intermediateDer,
      subjectCommonName: `${handle}.leaf.${names.baseDomain}`,
      crlUrls: crlUrls(base, row),
      shortLivedMs: names.shortLivedTtl === 0 ? 0 : (names.shortLivedTtl + backdate) * 1000,
      ocspUrl: `${base}/ocsp`,
      caIssuersUrl: `${base}/ca/intermediate-g${generation}.der`,
    },
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
