import { KeyAlgorithm } from '#libs/contracts';
import { caKeyAlgorithms } from '#libs/kms';
import { keyAlgorithmMessage, readKeyAlgorithm } from './key-algorithm.js';

describe('a key algorithm', () => {
  it('survives the contract, whichever it is', () => {
    for (const algorithm of caKeyAlgorithms) {
      expect(readKeyAlgorithm(keyAlgorithmMessage(algorithm), 'P-256')).toBe(algorithm);
    }
  });

  it('has a default', () => {
    expect(readKeyAlgorithm(KeyAlgorithm.UNSPECIFIED, 'P-384')).toBe('P-384');
  });

  it('is refused when a newer client names one that is not known here', () => {
    expect(() => readKeyAlgorithm(99 as KeyAlgorithm, 'P-384')).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
  });
});
