import type { IssueRoute } from '../mint/issue.routes.js';
import { writeSingleAnswer } from '../mint/mint-answer.js';
import { readFreeIssue } from './free-issue-request.js';

const shared = {
  access: { kinds: ['bearer'], tier: 'free' },
  read: (_principal, call, pathTtl) => readFreeIssue(call, pathTtl),
  write: (_principal, minted) => writeSingleAnswer(minted),
} as const satisfies Omit<IssueRoute, 'path'>;

/** What Free customers issue with; the lifetime is in the path, or in the body where there is no path for it. */
export const freeIssueRoutes: readonly IssueRoute[] = [
  { ...shared, path: '/:ttl/v1/free/issue' },
  { ...shared, path: '/v1/free/issue' },
];
