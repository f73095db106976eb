import { derNull, derOid, derSequence, oid } from '../der/index.js';

/** What a CA of this product signs with. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-sha256' | 'ed25519';

/** A signature algorithm with everything that a verifier needs to know about it. */
export interface SignatureScheme {
  readonly name: string;
  readonly keyType: 'EC' | 'RSA' | 'Ed25519';
  /** The name that Node's crypto uses; Ed25519 hashes by itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | undefined;
  /** Set for RSASSA-PSS: the salt's octets. */
  readonly saltLength?: number;
  /** The whole AlgorithmIdentifier. */
  readonly identifier: Uint8Array;
}

/** The schemes with one encoding. ECDSA and Ed25519 have no parameters (RFC 5758 §3.2, RFC 8410 §3), RSA NULL (RFC 4055 §5). */
export const signatureSchemes = {
  'ecdsa-sha256': ecdsa('ecdsa-sha256', 'sha256', oid.ecdsaWithSha256),
  'ecdsa-sha384': ecdsa('ecdsa-sha384', 'sha384', oid.ecdsaWithSha384),
  'ecdsa-sha512': ecdsa('ecdsa-sha512', 'sha512', oid.ecdsaWithSha512),
  'rsa-sha256': rsa('rsa-sha256', 'sha256', oid.sha256WithRsaEncryption),
  'rsa-sha384': rsa('rsa-sha384', 'sha384', oid.sha384WithRsaEncryption),
  'rsa-sha512': rsa('rsa-sha512', 'sha512', oid.sha512WithRsaEncryption),
  ed25519: {
    name: 'ed25519',
    keyType: 'Ed25519',
    hash: undefined,
    identifier: derSequence(derOid(oid.ed25519)),
  },
} as const satisfies Record<string, SignatureScheme>;

/** The AlgorithmIdentifier in DER, as a certificate carries it twice. */
export function signatureAlgorithmDer(algorithm: SignatureAlgorithm): Uint8Array {
  return signatureSchemes[algorithm].identifier;
}

function ecdsa(name: string, hash: 'sha256' | 'sha384' | 'sha512', algorithm: string): SignatureScheme {
  return { name, keyType: 'EC', hash, identifier: derSequence(derOid(algorithm)) };
}

function rsa(name: string, hash: 'sha256' | 'sha384' | 'sha512', algorithm: string): SignatureScheme {
  return { name, keyType: 'RSA', hash, identifier: derSequence(derOid(algorithm), derNull()) };
}
