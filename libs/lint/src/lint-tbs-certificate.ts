import { DerError } from '#libs/x509';
import { CertificateView } from './certificate-view.js';
import { CleanFrames } from './clean-frames.js';
import type { CertificateKind, CertificateLint, FrameLint, LintFinding } from './lint.js';
import { lints } from './registry.js';

interface LintSet {
  readonly frame: readonly FrameLint[];
  readonly certificate: readonly CertificateLint[];
}

const byKind: Readonly<Record<CertificateKind, LintSet>> = {
  leaf: lintsFor('leaf'),
  intermediate: lintsFor('intermediate'),
  root: lintsFor('root'),
  'ocsp-responder': lintsFor('ocsp-responder'),
};

/** Issuers at work at a time; each frame keeps a copy of one to-be-signed certificate. */
const rememberedFrames = 1024;
const cleanFrames = new CleanFrames(rememberedFrames);

/**
 * Every clause that a to-be-signed certificate breaks; empty for one that may be signed.
 *
 * @param tbs TBSCertificate in DER, before the signature
 */
export function lintTbsCertificate(tbs: Uint8Array, kind: CertificateKind): LintFinding[] {
  const findings: LintFinding[] = [];
  try {
    const view = new CertificateView(tbs);
    const set = byKind[kind];
    if (!cleanFrames.has(view.frame, kind)) {
      for (const lint of set.frame) note(findings, lint, () => lint.check(view.frame));
      // A copy: the caller's bytes may change, or be a small part of a large memory.
      if (findings.length === 0) cleanFrames.add(new CertificateView(Uint8Array.from(tbs)).frame, kind);
    }
    for (const lint of set.certificate) note(findings, lint, () => lint.check(view));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    findings.push({ lint: 'well-formed', citation: 'RFC 5280 §4.1', message: error.message });
  }
  return findings;
}

function note(
  findings: LintFinding[],
  { name, citation }: FrameLint | CertificateLint,
  check: () => string | undefined,
): void {
  const message = attempt(check);
  if (message !== undefined) findings.push({ lint: name, citation, message });
}

/** An encoding that a lint cannot read breaks the clause that the lint is about. */
function attempt(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function lintsFor(kind: CertificateKind): LintSet {
  const relevant = lints.filter((lint) => lint.kinds.includes(kind));
  return {
    frame: relevant.filter((lint) => lint.reads === 'frame'),
    certificate: relevant.filter((lint) => lint.reads === 'certificate'),
  };
}
