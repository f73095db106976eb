import { DomainError } from '#libs/errors';

/** One DNS label of at most 40 octets: a handle is a host name's first label and a path's first segment. */
const shape = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** First path segments and host labels that mean something else. */
const reserved = new Set([
  'admin',
  'api',
  'est',
  'free',
  'health',
  'metrics',
  'mint',
  'ocsp',
  'openapi',
  'pki',
  'ready',
  'scep',
  'teller',
  'v1',
  'www',
]);

/** In `/<ttl>/<handle>/mint` the first segment is a duration, so a handle never reads like one. */
const duration = /^(?:\d+(?:ns|us|ms|s|m|h|d))+$/;

/** @throws DomainError bad_handle that says which rule is broken */
export function checkHandle(handle: string): string {
  const problem = handleProblem(handle);
  if (problem) throw new DomainError('bad_handle', problem);
  return handle;
}

function handleProblem(handle: string): string | undefined {
  if (!shape.test(handle)) {
    return 'A handle has 1 to 40 of a-z, 0-9 and -, and neither starts nor ends with -.';
  }
  if (handle.includes('--')) return 'A handle has no two hyphens in a row.';
  if (reserved.has(handle)) return `The handle ${handle} is reserved.`;
  if (duration.test(handle)) return `The handle ${handle} reads like a duration.`;
  return undefined;
}
