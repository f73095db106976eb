import { DerError, forEachCrlEntry, oid, parseTbsCrl, type TbsCrl } from '#libs/x509';
import type { LintFinding } from '../lint.js';
import { crlEntryLints, crlLints } from './crl-registry.js';

/**
 * Every clause that a to-be-signed CRL breaks; empty for one that may be signed. A clause that many entries break is
 * found once.
 *
 * @param tbs TBSCertList in DER, before the signature
 */
export function lintTbsCrl(tbs: Uint8Array): LintFinding[] {
  try {
    const crl = parseTbsCrl(tbs);
    return [...lintWhole(crl), ...lintEntries(crl)];
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [{ lint: 'crl-well-formed', citation: 'RFC 5280 §5.1', message: error.message }];
  }
}

function lintWhole(crl: TbsCrl): LintFinding[] {
  return crlLints.flatMap(({ name, citation, check }) => {
    const message = attempt(() => check(crl));
    return message === undefined ? [] : [{ lint: name, citation, message }];
  });
}

function lintEntries(crl: TbsCrl): LintFinding[] {
  const { entries } = crl;
  if (entries === undefined) return [];
  const isDelta = crl.extensions.some((each) => each.oid === oid.deltaCRLIndicator);
  const context = { bytes: entries.bytes, isDelta, thisUpdate: crl.thisUpdate.at };
  const findings: LintFinding[] = [];
  let open = [...crlEntryLints];
  forEachCrlEntry(entries, (entry) => {
    for (const lint of open) {
      const message = lint.check(entry, context);
      if (message === undefined) continue;
      findings.push({ lint: lint.name, citation: lint.citation, message });
      open = open.filter((each) => each !== lint);
    }
  });
  return findings;
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
