import { crlAuthorityKeyIdentifierLint } from './crl-authority-key-identifier.lint.js';
import { crlDeltaIndicatorLint } from './crl-delta-indicator.lint.js';
import { crlEntriesNotEmptyLint } from './crl-entries-not-empty.lint.js';
import { crlEntryCriticalLint } from './crl-entry-critical.lint.js';
import { crlEntryDateLint } from './crl-entry-date.lint.js';
import { crlEntryReasonLint } from './crl-entry-reason.lint.js';
import { crlEntrySerialLint } from './crl-entry-serial.lint.js';
import { crlExtensionsUniqueLint } from './crl-extensions-unique.lint.js';
import { crlFreshestLint } from './crl-freshest.lint.js';
import { crlIssuerNotEmptyLint } from './crl-issuer-not-empty.lint.js';
import { crlIssuingDistributionPointLint } from './crl-issuing-distribution-point.lint.js';
import type { CrlEntryLint, CrlLint } from './crl-lint.js';
import { crlNextUpdateLint } from './crl-next-update.lint.js';
import { crlNumberLint } from './crl-number.lint.js';
import { crlSignatureAlgorithmLint } from './crl-signature-algorithm.lint.js';
import { crlTimeEncodingLint } from './crl-time-encoding.lint.js';
import { crlVersionLint } from './crl-version.lint.js';

/** Every clause about a CRL as a whole. */
export const crlLints: readonly CrlLint[] = [
  crlAuthorityKeyIdentifierLint,
  crlDeltaIndicatorLint,
  crlEntriesNotEmptyLint,
  crlExtensionsUniqueLint,
  crlFreshestLint,
  crlIssuerNotEmptyLint,
  crlIssuingDistributionPointLint,
  crlNextUpdateLint,
  crlNumberLint,
  crlSignatureAlgorithmLint,
  crlTimeEncodingLint,
  crlVersionLint,
];

/** Every clause about its entries. */
export const crlEntryLints: readonly CrlEntryLint[] = [
  crlEntryCriticalLint,
  crlEntryDateLint,
  crlEntryReasonLint,
  crlEntrySerialLint,
];
