import { DerError } from '#libs/x509';
import { CertificateView } from './certificate-view.js';
import type { CertificateKind, Lint, LintFinding } from './lint.js';
import { lints } from './registry.js';

const byKind: Readonly<Record<CertificateKind, readonly Lint[]>> = {
  leaf: lints.filter((lint) => lint.kinds.includes('leaf')),
  intermediate: lints.filter((lint) => lint.kinds.includes('intermediate')),
  root: lints.filter((lint) => lint.kinds.includes('root')),
};

/**
 * Every clause that a to-be-signed certificate breaks; empty for one that may be signed.
 *
 * @param tbs TBSCertificate in DER, before the signature
 */
export function lintTbsCertificate(tbs: Uint8Array, kind: CertificateKind): LintFinding[] {
  const findings: LintFinding[] = [];
  const view = viewOf(tbs);
  if (!(view instanceof CertificateView)) return [view];
  for (const lint of byKind[kind]) {
    const message = problemOf(lint, view, kind);
    if (message !== undefined) findings.push({ lint: lint.name, citation: lint.citation, message });
  }
  return findings;
}

function viewOf(tbs: Uint8Array): CertificateView | LintFinding {
  try {
    return new CertificateView(tbs);
  } catch (error) {
    if (error instanceof DerError) {
      return { lint: 'well-formed', citation: 'RFC 5280 §4.1', message: error.message };
    }
    throw error;
  }
}

function problemOf(lint: Lint, view: CertificateView, kind: CertificateKind): string | undefined {
  try {
    return lint.check(view, kind);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}
