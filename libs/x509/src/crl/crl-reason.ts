/** CRLReason by the names of RFC 5280 §5.3.1; 7 is not used. */
export const crlReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;
export type CrlReasonName = keyof typeof crlReasons;
export type CrlReason = (typeof crlReasons)[CrlReasonName];

const codes: ReadonlySet<number> = new Set(Object.values(crlReasons));

/** Whether a number is a reason that RFC 5280 §5.3.1 knows. */
export function isCrlReason(code: number): code is CrlReason {
  return codes.has(code);
}
