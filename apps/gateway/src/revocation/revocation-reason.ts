import { RevocationReason } from '#libs/contracts';

/** CRLReason by the names of RFC 5280 §5.3.1. */
const reasons = {
  unspecified: RevocationReason.UNSPECIFIED,
  keyCompromise: RevocationReason.KEY_COMPROMISE,
  caCompromise: RevocationReason.CA_COMPROMISE,
  affiliationChanged: RevocationReason.AFFILIATION_CHANGED,
  superseded: RevocationReason.SUPERSEDED,
  cessationOfOperation: RevocationReason.CESSATION_OF_OPERATION,
  certificateHold: RevocationReason.CERTIFICATE_HOLD,
  removeFromCRL: RevocationReason.REMOVE_FROM_CRL,
  privilegeWithdrawn: RevocationReason.PRIVILEGE_WITHDRAWN,
  aaCompromise: RevocationReason.AA_COMPROMISE,
} as const satisfies Record<string, RevocationReason>;

export type RevocationReasonName = keyof typeof reasons;

/** In the order of their numbers. RFC 5280 writes cACompromise and aACompromise; everybody else, like this. */
export const reasonNames = Object.keys(reasons) as readonly RevocationReasonName[];

/** @returns `unspecified` when no reason is given */
export function reasonOf(name: RevocationReasonName | undefined): RevocationReason {
  return name === undefined ? RevocationReason.UNSPECIFIED : reasons[name];
}

export function reasonName(reason: RevocationReason): RevocationReasonName {
  return reasonNames.find((name) => reasons[name] === reason) ?? 'unspecified';
}
