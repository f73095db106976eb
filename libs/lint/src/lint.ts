import type { CertificateView } from './certificate-view.js';

/** What a certificate is for: the kinds differ in what RFC 5280 asks of them. */
export type CertificateKind = 'leaf' | 'intermediate' | 'root';

/** One clause of an RFC that a to-be-signed certificate breaks. */
export interface LintFinding {
  /** The lint's name, kebab-case. */
  readonly lint: string;
  /** The clause, for example `RFC 5280 §4.1.2.2`. */
  readonly citation: string;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** One clause. */
export interface Lint {
  readonly name: string;
  readonly citation: string;
  /** The kinds that the clause speaks about. */
  readonly kinds: readonly CertificateKind[];
  /** What is wrong, or undefined. @throws DerError for an encoding that cannot be read, which is a finding too */
  check(certificate: CertificateView, kind: CertificateKind): string | undefined;
}

export const everyKind: readonly CertificateKind[] = ['leaf', 'intermediate', 'root'];
export const authorities: readonly CertificateKind[] = ['intermediate', 'root'];
