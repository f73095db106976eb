import { type KeyManagement, signerFailure } from '#libs/kms';
import { signerWith } from './provisioner-harness.js';

/** Key creations that were let through, and that were refused. */
export interface ThrottledSigner {
  readonly signer: KeyManagement;
  readonly created: () => number;
  readonly throttled: () => number;
}

/**
 * The same keys behind a service that makes only so many a second: a creation beyond that is refused, as those of
 * cloud providers refuse, and counts for nothing.
 */
export function throttledSigner(real: KeyManagement, perSecond: number): ThrottledSigner {
  let created = 0;
  let throttled = 0;
  let tokens = perSecond;
  let filledAt = performance.now();
  const createKey: KeyManagement['createKey'] = async (...call) => {
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
    if (tokens < 1) {
      throttled += 1;
      throw signerFailure('throttled', 'Too many keys a second.');
    }
    tokens -= 1;
    created += 1;
    return real.createKey(...call);
  };
  return { signer: signerWith(real, { createKey }), created: () => created, throttled: () => throttled };
}
