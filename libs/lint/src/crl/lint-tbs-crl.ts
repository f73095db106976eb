import { type CrlEntryView, DerError, forEachCrlEntry, oid, parseTbsCrl, type TbsCrl } from '#libs/x509';
import type { LintFinding } from '../lint.js';
import type { CrlEntryLint } from './crl-lint.js';
import { crlEntryLints, crlLints } from './crl-registry.js';

type LastExtensions = { -readonly [name in 'reason' | 'invalidityDate' | 'critical']: CrlEntryView[name] };

const lintsOfEntries = crlEntryLints.filter(({ reads }) => reads === 'entry');
const lintsOfExtensions = crlEntryLints.filter(({ reads }) => reads === 'extensions');

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
  const findings = new Map<string, LintFinding>();
  const judge = ({ name, citation, check }: CrlEntryLint, entry: CrlEntryView) => {
    const message = check(entry, context);
    if (message !== undefined && !findings.has(name)) findings.set(name, { lint: name, citation, message });
  };
  // Nearly all entries have the extensions of the one before.
  const last: LastExtensions = { reason: Number.NaN, invalidityDate: undefined, critical: undefined };
  forEachCrlEntry(entries, (entry) => {
    for (const lint of lintsOfEntries) judge(lint, entry);
    const { reason, invalidityDate, critical } = entry;
    if (reason === last.reason && invalidityDate === last.invalidityDate && critical === last.critical)
      return;
    for (const lint of lintsOfExtensions) judge(lint, entry);
    last.reason = reason;
    last.invalidityDate = invalidityDate;
    last.critical = critical;
  });
  return [...findings.values()];
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
