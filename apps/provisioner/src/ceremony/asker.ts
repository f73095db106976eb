import type { CallContext } from '#libs/rpc';

const longestName = 200;

/** Who asked for a ceremony, for its transcript: the caller's word, and the request that every log names. */
export function asker(requestedBy: string, { requestId }: Pick<CallContext, 'requestId'>): string {
  return `${requestedBy.slice(0, longestName) || 'operator'}, request ${requestId}`;
}
