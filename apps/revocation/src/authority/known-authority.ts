import { type Certificate, issuerHashes, parseCertificate, type SignatureAlgorithm } from '#libs/x509';

export type AuthorityKind = 'root' | 'intermediate';

/** A CA as its row has it. */
export interface AuthorityRow {
  readonly caId: string;
  readonly customerId: string;
  readonly handle: string;
  readonly kind: AuthorityKind;
  /** From 1. */
  readonly generation: number;
  /** Names a key of the KMS; a root's is its provisioner's to use. */
  readonly keyRef: string | undefined;
  /** DER. */
  readonly certificate: Uint8Array;
  /** Parts of its CRL, from 1 to 1024. */
  readonly shards: number;
}

/** A CA whose certificates this service speaks about. */
export interface KnownAuthority extends Omit<AuthorityRow, 'certificate'> {
  readonly certificate: Certificate;
  readonly subjectKeyIdentifier: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** What a CertID has for it, by hash: name hash and key hash, as latin1. */
  readonly names: { readonly sha1: string; readonly sha256: string };
}

/** @throws CertificateError, RangeError for a certificate that no CA of this product has */
export function knownAuthority(row: AuthorityRow): KnownAuthority {
  const certificate = parseCertificate(row.certificate);
  const { subjectKeyIdentifier } = certificate;
  if (subjectKeyIdentifier === undefined) throw new RangeError('the CA has no subject key identifier');
  return {
    ...row,
    certificate,
    subjectKeyIdentifier,
    signatureAlgorithm: algorithmOf(certificate),
    names: { sha1: issuerName(certificate, 'sha1'), sha256: issuerName(certificate, 'sha256') },
  };
}

function issuerName(certificate: Certificate, hash: 'sha1' | 'sha256'): string {
  const { nameHash, keyHash } = issuerHashes(certificate, hash);
  return certIdName(nameHash, keyHash);
}

/** The key under which a CertID's issuer is looked for. */
export function certIdName(nameHash: Uint8Array, keyHash: Uint8Array): string {
  return Buffer.concat([nameHash, keyHash]).toString('latin1');
}

/** As `caSignatureAlgorithms` of the KMS: the hash of the curve's strength, SHA-256 for RSA. */
function algorithmOf({ spki }: Certificate): SignatureAlgorithm {
  switch (spki.algorithm) {
    case 'P-256':
      return 'ecdsa-sha256';
    case 'P-384':
      return 'ecdsa-sha384';
    case 'RSA':
      return 'rsa-sha256';
    case 'P-521':
    case 'Ed25519':
      throw new RangeError(`no CA of this product has a key of ${spki.algorithm}`);
  }
}
