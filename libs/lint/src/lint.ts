import type { CertificateView } from './certificate-view.js';
import type { Frame } from './frame.js';

/** What a certificate is for: the kinds differ in what RFC 5280 asks of them. */
export type CertificateKind = 'leaf' | 'intermediate' | 'root' | 'ocsp-responder';

/** One clause of an RFC that a to-be-signed certificate breaks. */
export interface LintFinding {
  /** The lint's name, kebab-case. */
  readonly lint: string;
  /** The clause, for example `RFC 5280 §4.1.2.2`. */
  readonly citation: string;
  /** What is wrong, for a person. */
  readonly message: string;
}

interface Clause {
  readonly name: string;
  readonly citation: string;
  /** The kinds that the clause speaks about. */
  readonly kinds: readonly CertificateKind[];
}

/** A clause about what is each certificate's own: serial, validity, key, names. */
export interface CertificateLint extends Clause {
  readonly reads: 'certificate';
  /** What is wrong, or undefined. @throws DerError for an encoding that cannot be read, which is a finding too */
  check(certificate: CertificateView): string | undefined;
}

/** A clause about what many certificates have in common; the same frame is judged once. */
export interface FrameLint extends Clause {
  readonly reads: 'frame';
  /** What is wrong, or undefined. @throws DerError for an encoding that cannot be read, which is a finding too */
  check(frame: Frame): string | undefined;
}

export type Lint = CertificateLint | FrameLint;

export const everyKind: readonly CertificateKind[] = ['leaf', 'intermediate', 'root', 'ocsp-responder'];
export const authorities: readonly CertificateKind[] = ['intermediate', 'root'];
