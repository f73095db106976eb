import type { Lint } from './lint.js';
import { authorityInfoAccessLint } from './lints/authority-info-access.lint.js';
import { authorityKeyIdentifierLint } from './lints/authority-key-identifier.lint.js';
import { basicConstraintsAuthorityLint } from './lints/basic-constraints-authority.lint.js';
import { basicConstraintsLeafLint } from './lints/basic-constraints-leaf.lint.js';
import { crlDistributionPointsLint } from './lints/crl-distribution-points.lint.js';
import { directoryStringTypeLint } from './lints/directory-string-type.lint.js';
import { dnsNameLint } from './lints/dns-name.lint.js';
import { extKeyUsageLint } from './lints/ext-key-usage.lint.js';
import { extensionsUniqueLint } from './lints/extensions-unique.lint.js';
import { intermediatePathLengthLint } from './lints/intermediate-path-length.lint.js';
import { ipAddressLint } from './lints/ip-address.lint.js';
import { issuerDiffersLint } from './lints/issuer-differs.lint.js';
import { issuerNotEmptyLint } from './lints/issuer-not-empty.lint.js';
import { keyUsageAgreementOnlyLint } from './lints/key-usage-agreement-only.lint.js';
import { keyUsageAuthorityLint } from './lints/key-usage-authority.lint.js';
import { keyUsageCriticalLint } from './lints/key-usage-critical.lint.js';
import { keyUsageEcLint } from './lints/key-usage-ec.lint.js';
import { keyUsageEd25519Lint } from './lints/key-usage-ed25519.lint.js';
import { keyUsageLeafLint } from './lints/key-usage-leaf.lint.js';
import { keyUsageNotEmptyLint } from './lints/key-usage-not-empty.lint.js';
import { keyUsageRsaLint } from './lints/key-usage-rsa.lint.js';
import { nameAlphabetLint } from './lints/name-alphabet.lint.js';
import { nameConstraintsAuthorityLint } from './lints/name-constraints-authority.lint.js';
import { nameConstraintsCriticalLint } from './lints/name-constraints-critical.lint.js';
import { nameConstraintsSubtreesLint } from './lints/name-constraints-subtrees.lint.js';
import { nameUpperBoundsLint } from './lints/name-upper-bounds.lint.js';
import { noRevAvailLint } from './lints/no-rev-avail.lint.js';
import { pathLengthLint } from './lints/path-length.lint.js';
import { publicKeyLint } from './lints/public-key.lint.js';
import { responderExtKeyUsageLint } from './lints/responder-ext-key-usage.lint.js';
import { responderNoCheckLint } from './lints/responder-no-check.lint.js';
import { rfc822NameLint } from './lints/rfc822-name.lint.js';
import { rootAuthorityKeyIdentifierLint } from './lints/root-authority-key-identifier.lint.js';
import { rootSelfIssuedLint } from './lints/root-self-issued.lint.js';
import { serialNumberLengthLint } from './lints/serial-number-length.lint.js';
import { serialNumberPositiveLint } from './lints/serial-number-positive.lint.js';
import { signatureAlgorithmLint } from './lints/signature-algorithm.lint.js';
import { subjectAltNameCriticalLint } from './lints/subject-alt-name-critical.lint.js';
import { subjectAltNameKindsLint } from './lints/subject-alt-name-kinds.lint.js';
import { subjectAltNameNotEmptyLint } from './lints/subject-alt-name-not-empty.lint.js';
import { subjectKeyIdentifierLint } from './lints/subject-key-identifier.lint.js';
import { subjectNotEmptyLint } from './lints/subject-not-empty.lint.js';
import { uniformResourceIdentifierLint } from './lints/uniform-resource-identifier.lint.js';
import { uniqueIdentifiersLint } from './lints/unique-identifiers.lint.js';
import { validityEncodingLint } from './lints/validity-encoding.lint.js';
import { validityOrderLint } from './lints/validity-order.lint.js';
import { versionLint } from './lints/version.lint.js';

/** Every lint, one a clause; a lint that is not here checks nothing. */
export const lints: readonly Lint[] = [
  authorityInfoAccessLint,
  authorityKeyIdentifierLint,
  basicConstraintsAuthorityLint,
  basicConstraintsLeafLint,
  crlDistributionPointsLint,
  directoryStringTypeLint,
  dnsNameLint,
  extKeyUsageLint,
  extensionsUniqueLint,
  intermediatePathLengthLint,
  ipAddressLint,
  issuerDiffersLint,
  issuerNotEmptyLint,
  keyUsageAgreementOnlyLint,
  keyUsageAuthorityLint,
  keyUsageCriticalLint,
  keyUsageEcLint,
  keyUsageEd25519Lint,
  keyUsageLeafLint,
  keyUsageNotEmptyLint,
  keyUsageRsaLint,
  nameAlphabetLint,
  nameConstraintsAuthorityLint,
  nameConstraintsCriticalLint,
  nameConstraintsSubtreesLint,
  nameUpperBoundsLint,
  noRevAvailLint,
  pathLengthLint,
  publicKeyLint,
  responderExtKeyUsageLint,
  responderNoCheckLint,
  rfc822NameLint,
  rootAuthorityKeyIdentifierLint,
  rootSelfIssuedLint,
  serialNumberLengthLint,
  serialNumberPositiveLint,
  signatureAlgorithmLint,
  subjectAltNameCriticalLint,
  subjectAltNameKindsLint,
  subjectAltNameNotEmptyLint,
  subjectKeyIdentifierLint,
  subjectNotEmptyLint,
  uniformResourceIdentifierLint,
  uniqueIdentifiersLint,
  validityEncodingLint,
  validityOrderLint,
  versionLint,
];
