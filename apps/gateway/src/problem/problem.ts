import { DomainError, type ErrorCode, errors } from '#libs/errors';

/** An error as HTTP says it: the one envelope under REST, and the headers that go with it. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Facts that become headers instead of members of the envelope. */
const headerFacts: ReadonlySet<string> = new Set(['retry_after', 'allow']);
/** The window of the per-minute limit. */
const windowSeconds = 60;

/**
 * The one place where a domain error becomes HTTP (specification 1, "Common errors"):
 * `{"error":{"code","message","request_id", …details}}`. What is not a domain error says nothing of itself.
 */
export function toProblem(error: DomainError, requestId: string): Problem {
  const { code } = error;
  const envelope = { code, message: error.message, request_id: requestId };
  const details = Object.entries(error.details).filter(
    ([name]) => !headerFacts.has(name) && !Object.hasOwn(envelope, name),
  );
  return {
    status: errors[code].http,
    headers: headersOf(error),
    body: JSON.stringify({ error: { ...envelope, ...Object.fromEntries(details) } }),
  };
}

/** Seconds after which trying again is worth it, for errors that pass by themselves. */
const retryAfter: Partial<Record<ErrorCode, number>> = {
  customer_not_active: 5,
  deadline_exceeded: 1,
  overloaded: 1,
  rate_limited: 1,
  service_unavailable: 1,
  signer_unavailable: 1,
  storage_unavailable: 1,
};

function headersOf({ code, details }: DomainError): Record<string, string> {
  const headers: Record<string, string> = {};
  // RFC 6750 §3 and RFC 9110 §11.6.1: a 401 names its scheme.
  if (code === 'unauthorized') headers['www-authenticate'] = 'Bearer realm="stackrunner"';
  const seconds = numberIn(details, 'retry_after') ?? retryAfter[code];
  if (seconds !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(seconds)));
  if (code === 'rate_limited') Object.assign(headers, rateLimitHeaders(details));
  if (code === 'method_not_allowed' && typeof details.allow === 'string') headers.allow = details.allow;
  return headers;
}

function rateLimitHeaders(details: DomainError['details']): Record<string, string> {
  const limit = numberIn(details, 'limit');
  if (limit === undefined) return {};
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(Math.max(0, limit - (numberIn(details, 'used') ?? limit))),
    'ratelimit-reset': String(numberIn(details, 'retry_after') ?? windowSeconds),
  };
}

function numberIn(details: DomainError['details'], name: string): number | undefined {
  const value = details[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
