import { DomainError } from '#libs/errors';
import { type CaKeyAlgorithm, caSignatureAlgorithms } from '#libs/kms';
import { lintTbsCertificate } from '#libs/lint';
import {
  assembleCertificate,
  caCertificateTbs,
  type DistinguishedName,
  parseCertificate,
  randomSerial,
  signatureAlgorithmDer,
  signatureVerifies,
  verifyCertificateSignature,
} from '#libs/x509';
import type { NameConstraintLists } from '../customer/name-constraints.js';

/** Validity begins in the past, so that a relying party whose clock is slow accepts a new CA at once. */
const backdatingMs = 3_600_000;
const rootYears = 10;
const intermediateYears = 2;

export interface RootPlan {
  readonly handle: string;
  /** Default: the handle with `Root CA`. */
  readonly commonName?: string;
  readonly spki: Uint8Array;
  readonly algorithm: CaKeyAlgorithm;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface IntermediatePlan {
  readonly handle: string;
  readonly generation: number;
  /** Default: the handle with `Intermediate CA`. */
  readonly commonName?: string;
  readonly spki: Uint8Array;
  readonly rootCertificate: Uint8Array;
  /** The root's. */
  readonly rootAlgorithm: CaKeyAlgorithm;
  readonly nameConstraints: NameConstraintLists | null;
  /** Base URL of what relying parties fetch, without a trailing slash. */
  readonly pkiUrl: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The linted TBSCertificate of a customer's self-signed root: ten years. */
export function draftRoot({ handle, commonName, spki, algorithm, now }: RootPlan): Uint8Array {
  return linted(
    'root',
    caCertificateTbs({
      kind: 'root',
      subject: { organizationName: handle, commonName: commonName ?? `${handle} Root CA` },
      spkiDer: spki,
      serial: randomSerial(),
      ...validity(now, rootYears),
      signatureAlgorithm: caSignatureAlgorithms[algorithm],
    }),
  );
}

/** The linted TBSCertificate of a customer's intermediate: two years, or as long as the root; signs leaves only. */
export function draftIntermediate(plan: IntermediatePlan): Uint8Array {
  const { handle, generation, spki, rootCertificate, rootAlgorithm, nameConstraints, pkiUrl, now } = plan;
  const { notBefore, notAfter } = validity(now, intermediateYears);
  return linted(
    'intermediate',
    caCertificateTbs({
      kind: 'intermediate',
      subject: intermediateName(handle, generation, plan.commonName),
      spkiDer: spki,
      serial: randomSerial(),
      notBefore,
      notAfter: Math.min(notAfter, parseCertificate(rootCertificate).notAfter),
      signatureAlgorithm: caSignatureAlgorithms[rootAlgorithm],
      issuerCertificateDer: rootCertificate,
      crlUrl: `${pkiUrl}/${handle}/root.crl`,
      caIssuersUrl: `${pkiUrl}/${handle}/ca/root.der`,
      ...(nameConstraints && { nameConstraints }),
    }),
  );
}

/** Generations have names of their own: a relying party finds the issuer of a certificate by its name. */
export function intermediateName(
  handle: string,
  generation: number,
  commonName = `${handle} Intermediate CA`,
): DistinguishedName {
  const suffix = generation === 1 ? '' : ` G${generation}`;
  return { organizationName: handle, commonName: `${commonName}${suffix}` };
}

export interface SignedDraft {
  readonly toBeSigned: Uint8Array;
  readonly signature: Uint8Array;
  /** The issuer's. */
  readonly algorithm: CaKeyAlgorithm;
  /** The issuer's SubjectPublicKeyInfo. */
  readonly issuerSpki: Uint8Array;
}

/**
 * The certificate of a draft, after the signature was verified with the issuer's public key. A certification request
 * has the same three parts, and is its own issuer.
 *
 * @throws DomainError signer_unavailable
 */
export function completeCertificate(draft: SignedDraft): Uint8Array {
  const { toBeSigned, signature, issuerSpki } = draft;
  const algorithm = caSignatureAlgorithms[draft.algorithm];
  if (!signatureVerifies(issuerSpki, algorithm, { message: toBeSigned, signature })) {
    throw new DomainError('signer_unavailable', 'The signer answered with a signature that does not verify.');
  }
  return assembleCertificate(toBeSigned, signatureAlgorithmDer(algorithm), signature);
}

/** What a relying party would check before it trusts the pair (RFC 5280 §6.1.3 and §6.1.4), or why not. */
export function chainProblem(
  rootDer: Uint8Array,
  intermediateDer: Uint8Array,
  now: number,
): string | undefined {
  const root = parseCertificate(rootDer);
  const intermediate = parseCertificate(intermediateDer);
  if (!verifyCertificateSignature(root, root)) return 'The root is not signed by itself.';
  if (!verifyCertificateSignature(intermediate, root)) return 'The intermediate is not signed by the root.';
  for (const { notBefore, notAfter } of [root, intermediate]) {
    if (now < notBefore || now > notAfter) return 'A certificate of the chain is not valid now.';
  }
  return undefined;
}

/** Whole seconds; notAfter is included in the validity (RFC 5280 §4.1.2.5). */
function validity(now: number, years: number): { notBefore: number; notAfter: number } {
  const notBefore = Math.floor((now - backdatingMs) / 1_000) * 1_000;
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + years);
  return { notBefore, notAfter: end.getTime() - 1_000 };
}

function linted(kind: 'root' | 'intermediate', tbs: Uint8Array): Uint8Array {
  const findings = lintTbsCertificate(tbs, kind);
  if (findings.length === 0) return tbs;
  throw new DomainError('internal', `The ${kind} certificate would break a rule.`, { details: { findings } });
}
