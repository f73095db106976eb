import { integer, option } from './option.js';

/** How the provisioner looks after keys. */
export const keyCare = {
  keyPoolSize: option('KEY_POOL_SIZE', integer(0, 10_000).default(0), {
    description:
      'Keys of each default kind (P-384 for roots, P-256 for intermediates) that are made ahead of sign-ups; 0 makes each when it is needed. For a KMS that makes few keys a second. See [ceremonies](ceremonies.md).',
  }),
  orphanGraceHours: option('ORPHAN_GRACE_HOURS', integer(1, 87_600).default(168), {
    description:
      'Hours after which a key with the label of this installation that no CA names is scheduled for destruction; it is reported at once.',
  }),
};
