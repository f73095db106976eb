/** The public keys that a certificate may carry. */
export const keyAlgorithmNames = ['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const;
export type KeyAlgorithmName = (typeof keyAlgorithmNames)[number];
export type CurveName = 'P-256' | 'P-384' | 'P-521';
