import { DerError, parseOcspResponseData } from '#libs/x509';
import type { LintFinding } from '../lint.js';
import { ocspCertIdHashLint } from './ocsp-cert-id-hash.lint.js';
import { ocspExtensionsLint } from './ocsp-extensions.lint.js';
import type { OcspLint } from './ocsp-lint.js';
import { ocspNextUpdateLint } from './ocsp-next-update.lint.js';
import { ocspNonceLint } from './ocsp-nonce.lint.js';
import { ocspProducedAtLint } from './ocsp-produced-at.lint.js';
import { ocspReasonLint } from './ocsp-reason.lint.js';
import { ocspResponderIdLint } from './ocsp-responder-id.lint.js';
import { ocspResponsesNotEmptyLint } from './ocsp-responses-not-empty.lint.js';
import { ocspRevocationTimeLint } from './ocsp-revocation-time.lint.js';

/** Every clause about an OCSP response. */
export const ocspLints: readonly OcspLint[] = [
  ocspCertIdHashLint,
  ocspExtensionsLint,
  ocspNextUpdateLint,
  ocspNonceLint,
  ocspProducedAtLint,
  ocspReasonLint,
  ocspResponderIdLint,
  ocspResponsesNotEmptyLint,
  ocspRevocationTimeLint,
];

/**
 * Every clause that a to-be-signed OCSP response breaks; empty for one that may be signed.
 *
 * @param tbs ResponseData in DER, before the signature
 */
export function lintOcspResponse(tbs: Uint8Array): LintFinding[] {
  try {
    const data = parseOcspResponseData(tbs);
    return ocspLints.flatMap(({ name, citation, check }) => {
      const message = check(data);
      return message === undefined ? [] : [{ lint: name, citation, message }];
    });
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [{ lint: 'ocsp-well-formed', citation: 'RFC 6960 §4.2.1', message: error.message }];
  }
}
