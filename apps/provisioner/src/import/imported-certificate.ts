import { DomainError } from '#libs/errors';
import { caSignatureAlgorithms, parseKeyRef, type Signer } from '#libs/kms';
import { lintTbsCertificate } from '#libs/lint';
import type { Clock } from '#libs/service';
import {
  type Certificate,
  CertificateError,
  KeyError,
  parseCertificate,
  randomSerial,
  sha256Hex,
  signatureVerifies,
  verifyCertificateSignature,
} from '#libs/x509';
import type { StepFacts } from '../ceremony/ceremony.entity.js';
import { signingTimeMs } from '../ceremony/ceremony-parts.js';

/** An intermediate that a root of the customer's own has signed, and that root. */
export interface ImportedChain {
  readonly intermediate: Certificate;
  readonly root: Certificate;
}

/** Days that a certificate must still be valid for, to be worth a ceremony: the longest leaf lives as long. */
const leastDays = 90;
const dayMs = 86_400_000;
/** What our own intermediates have, and another CA may leave out (RFC 5280 §4.2.1.13 and §4.2.2.1). */
const optionalExtensions = [/^there are no cRLDistributionPoints$/, /^there is no authorityInfoAccess$/];

/**
 * Checks a chain of two as strictly as our own: who signed it (RFC 5280 §6.1.3), validity, and every lint of an
 * intermediate, among them that it is a CA of path length 0 with keyCertSign.
 *
 * @throws DomainError bad_certificate with the reason
 */
export function readImportedChain(certificates: readonly Uint8Array[], now: number): ImportedChain {
  const [intermediateDer, rootDer, ...more] = certificates;
  if (!intermediateDer || !rootDer || more.length > 0) {
    throw refusal('give exactly two certificates: the intermediate, then the root that signed it');
  }
  const intermediate = parsed(intermediateDer, 'intermediate');
  const root = parsed(rootDer, 'root');
  if (!signedBy(root, root)) throw refusal('the second certificate is not a self-signed root');
  if (!signedBy(intermediate, root)) throw refusal('the intermediate is not signed by the root');
  if (lintTbsCertificate(root.tbs, 'root').some(({ lint }) => lint === 'basic-constraints-authority')) {
    throw refusal('the root is not a CA by its basicConstraints');
  }
  for (const [name, { notBefore, notAfter }] of Object.entries({ intermediate, root })) {
    if (now < notBefore || now > notAfter) throw refusal(`the ${name} is not valid now`);
  }
  if (intermediate.notAfter - now < leastDays * dayMs) {
    throw refusal(`the intermediate is valid for less than ${leastDays} days`);
  }
  if (intermediate.notAfter > root.notAfter) throw refusal('the intermediate outlives the root');
  const { authorityKeyIdentifier } = intermediate;
  const { subjectKeyIdentifier } = root;
  if (authorityKeyIdentifier && subjectKeyIdentifier && !same(authorityKeyIdentifier, subjectKeyIdentifier)) {
    throw refusal("its authorityKeyIdentifier is not the root's subjectKeyIdentifier");
  }
  const findings = lintTbsCertificate(intermediate.tbs, 'intermediate').filter(
    ({ message }) => !optionalExtensions.some((absent) => absent.test(message)),
  );
  const [first] = findings;
  if (first) throw refusal(`${first.message} (${first.citation})`, findings);
  return { intermediate, root };
}

export interface ImportCheck {
  readonly signer: Signer;
  readonly clock: Clock;
  /** Names the intermediate's key. */
  readonly keyRef: string;
  readonly certificates: readonly Uint8Array[];
}

/**
 * Checks a chain, and that the key management service holds the intermediate's key and signs with it.
 *
 * @throws DomainError bad_certificate
 */
export async function importedFacts(check: ImportCheck): Promise<StepFacts> {
  const { signer, clock, keyRef } = check;
  const { intermediate, root } = readImportedChain(check.certificates, clock.now());
  const key = parseKeyRef(keyRef);
  const { algorithm } = await signer.describe(key);
  if (!same(intermediate.spki.der, await signer.publicKey(key))) {
    throw refusal(`the intermediate's public key is not the one of ${keyRef}`);
  }
  const message = Buffer.concat([Buffer.from('proof of possession '), randomSerial()]);
  const [signature] = await signer.sign(key, [message], clock.now() + signingTimeMs);
  const scheme = caSignatureAlgorithms[algorithm];
  if (!signature || !signatureVerifies(intermediate.spki.der, scheme, { message, signature })) {
    throw new DomainError('signer_unavailable', 'The signer answered with a signature that does not verify.');
  }
  return {
    key_ref: keyRef,
    algorithm,
    public_key_sha256: sha256Hex(intermediate.spki.der),
    serial: intermediate.serialHex,
    certificate_sha256: sha256Hex(intermediate.der),
    issuer_sha256: sha256Hex(root.der),
    possession: 'verified',
  };
}

function parsed(der: Uint8Array, name: string): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof CertificateError) throw refusal(`the ${name} cannot be read: ${error.message}`);
    throw error;
  }
}

function signedBy(certificate: Certificate, issuer: Certificate): boolean {
  try {
    return verifyCertificateSignature(certificate, issuer);
  } catch (error) {
    if (error instanceof KeyError) throw refusal(`the root's key is not acceptable: ${error.message}`);
    throw error;
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function refusal(reason: string, findings?: readonly object[]): DomainError {
  const details = findings ? { findings } : {};
  return new DomainError('bad_certificate', `The certificate cannot be imported: ${reason}.`, { details });
}
