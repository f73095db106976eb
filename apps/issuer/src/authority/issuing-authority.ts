import { KeyAlgorithm } from '#libs/contracts';
import { uuidBytes } from '#libs/database';
import { DomainError } from '#libs/errors';
import { parseCertificate, type SignatureAlgorithm } from '#libs/x509';
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
      // Each generation has another key, and so a CRL and a certificate of its own; the first CRL has the plain name.
      crlUrl: generation === 1 ? `${base}/intermediate.crl` : `${base}/intermediate-g${generation}.crl`,
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
