import { KeyAlgorithm } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CaKeyAlgorithm } from '#libs/kms';

const byContract = {
  [KeyAlgorithm.EC_P256]: 'P-256',
  [KeyAlgorithm.EC_P384]: 'P-384',
  [KeyAlgorithm.RSA_2048]: 'RSA-2048',
  [KeyAlgorithm.RSA_3072]: 'RSA-3072',
  [KeyAlgorithm.RSA_4096]: 'RSA-4096',
} as const satisfies Partial<Record<KeyAlgorithm, CaKeyAlgorithm>>;

const toContract: Record<CaKeyAlgorithm, KeyAlgorithm> = {
  'P-256': KeyAlgorithm.EC_P256,
  'P-384': KeyAlgorithm.EC_P384,
  'RSA-2048': KeyAlgorithm.RSA_2048,
  'RSA-3072': KeyAlgorithm.RSA_3072,
  'RSA-4096': KeyAlgorithm.RSA_4096,
};

/** The contract's word for an algorithm. */
export function keyAlgorithmMessage(algorithm: CaKeyAlgorithm): KeyAlgorithm {
  return toContract[algorithm];
}

/** @throws DomainError bad_request for a number that this version does not know */
export function readKeyAlgorithm(algorithm: KeyAlgorithm, unspecified: CaKeyAlgorithm): CaKeyAlgorithm {
  if (algorithm === KeyAlgorithm.UNSPECIFIED) return unspecified;
  if (Object.hasOwn(byContract, algorithm)) return byContract[algorithm];
  throw new DomainError('bad_request', `There is no key algorithm ${algorithm}.`);
}
