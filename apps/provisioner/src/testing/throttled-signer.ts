import { type KeyManagement, signerFailure } from '#libs/kms';
import { signerWith } from './provisioner-harness.js';

export interface ThrottledSigner {
  readonly signer: KeyManagement;
  /** The names of all keys that were asked for, also of those that were refused. */
  readonly names: () => readonly string[];
}

/**
 * The same keys behind a service that makes only so many a second: a creation beyond that is refused, as those of
 * cloud providers refuse, and counts for nothing.
 */
export function throttledSigner(real: KeyManagement, perSecond: number): ThrottledSigner {
  const names: string[] = [];
  let tokens = perSecond;
  let filledAt = performance.now();
  const createKey: KeyManagement['createKey'] = async (...call) => {
    names.push(call[0]);
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
    if (tokens < 1) {
      throw signerFailure('throttled', 'Too many keys a second.');
    }
    tokens -= 1;
    return real.createKey(...call);
  };
  return { signer: signerWith(real, { createKey }), names: () => names };
}
