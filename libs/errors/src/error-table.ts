/** One row an error code: what it becomes as a gRPC status, over HTTP, and in ACME (RFC 8555 §6.7). */
export interface ErrorRow {
  readonly rpc: RpcStatus;
  readonly http: number;
  readonly acme: string;
}

/** The gRPC status codes that domain errors use, by name; numbers as in the gRPC specification. */
export const rpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;
export type RpcStatus = keyof typeof rpcStatus;

/** Every error code of the product. Clients rely on them: a code is never removed or renamed. */
export const errors = {
  bad_request: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  bad_handle: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  bad_count: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  bad_ttl: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  ttl_mismatch: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  handle_mismatch: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  bad_certificate: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  issue_failed: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'badCSR' },
  sign_in_failed: { rpc: 'INVALID_ARGUMENT', http: 400, acme: 'malformed' },
  unauthorized: { rpc: 'UNAUTHENTICATED', http: 401, acme: 'unauthorized' },
  cross_site: { rpc: 'PERMISSION_DENIED', http: 403, acme: 'unauthorized' },
  sign_in_refused: { rpc: 'PERMISSION_DENIED', http: 403, acme: 'unauthorized' },
  cert_not_allowed: { rpc: 'PERMISSION_DENIED', http: 403, acme: 'unauthorized' },
  mode_not_allowed: { rpc: 'PERMISSION_DENIED', http: 403, acme: 'unauthorized' },
  operator_only: { rpc: 'PERMISSION_DENIED', http: 403, acme: 'unauthorized' },
  quota_exceeded: { rpc: 'RESOURCE_EXHAUSTED', http: 403, acme: 'rateLimited' },
  customer_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'unauthorized' },
  credential_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  permission_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  serial_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  birth_cert_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  job_not_found: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  bad_path: { rpc: 'NOT_FOUND', http: 404, acme: 'malformed' },
  method_not_allowed: { rpc: 'UNIMPLEMENTED', http: 405, acme: 'malformed' },
  already_claimed: { rpc: 'ALREADY_EXISTS', http: 409, acme: 'malformed' },
  already_issued: { rpc: 'ALREADY_EXISTS', http: 409, acme: 'malformed' },
  already_signed_up: { rpc: 'ALREADY_EXISTS', http: 409, acme: 'malformed' },
  customer_exists: { rpc: 'ALREADY_EXISTS', http: 409, acme: 'malformed' },
  permission_exists: { rpc: 'ALREADY_EXISTS', http: 409, acme: 'malformed' },
  not_on_hold: { rpc: 'FAILED_PRECONDITION', http: 409, acme: 'alreadyRevoked' },
  ceremony_under_way: { rpc: 'ABORTED', http: 409, acme: 'malformed' },
  idempotency_key_reused: { rpc: 'ABORTED', http: 409, acme: 'malformed' },
  body_too_large: { rpc: 'OUT_OF_RANGE', http: 413, acme: 'malformed' },
  unsupported_media_type: { rpc: 'INVALID_ARGUMENT', http: 415, acme: 'malformed' },
  rate_limited: { rpc: 'RESOURCE_EXHAUSTED', http: 429, acme: 'rateLimited' },
  internal: { rpc: 'INTERNAL', http: 500, acme: 'serverInternal' },
  customer_not_active: { rpc: 'FAILED_PRECONDITION', http: 503, acme: 'serverInternal' },
  signer_unavailable: { rpc: 'UNAVAILABLE', http: 503, acme: 'serverInternal' },
  storage_unavailable: { rpc: 'UNAVAILABLE', http: 503, acme: 'serverInternal' },
  service_unavailable: { rpc: 'UNAVAILABLE', http: 503, acme: 'serverInternal' },
  overloaded: { rpc: 'RESOURCE_EXHAUSTED', http: 503, acme: 'serverInternal' },
  deadline_exceeded: { rpc: 'DEADLINE_EXCEEDED', http: 503, acme: 'serverInternal' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

/** Whether a string, for example one that came over the wire, is a code of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code);
}
