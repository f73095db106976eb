import type { SigningMode } from '../auth/principal.js';
import type { IssueRoute } from '../mint/issue.routes.js';
import { writeMintAnswer } from '../mint/mint-answer.js';
import { readScopedMint } from './scoped-mint-request.js';

function scopedRoute(path: string, mode: SigningMode): IssueRoute {
  return {
    path,
    access: { kinds: ['credential'], tier: 'dev' },
    read: (principal, call) => readScopedMint(principal, call, mode),
    write: ({ handle }, minted) => writeMintAnswer(handle, minted),
  };
}

/** What scoped credentials issue with. */
export const scopedMintRoutes: readonly IssueRoute[] = [
  scopedRoute('/v1/sign-leaf', 'sign_leaf'),
  scopedRoute('/v1/cross-sign', 'cross_sign'),
];
