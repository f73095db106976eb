import { DomainError } from './domain-error.js';
import { errors, isErrorCode, rpcStatus } from './error-table.js';

describe('the error table', () => {
  it('keeps every code that clients may rely on', () => {
    expect(
      Object.entries(errors)
        .map(([code, row]) => `${row.http} ${code}`)
        .sort(),
    ).toEqual([
      '400 bad_certificate',
      '400 bad_count',
      '400 bad_handle',
      '400 bad_request',
      '400 bad_ttl',
      '400 handle_mismatch',
      '400 issue_failed',
      '400 sign_in_failed',
      '400 ttl_mismatch',
      '401 unauthorized',
      '403 cert_not_allowed',
      '403 cross_site',
      '403 mode_not_allowed',
      '403 operator_only',
      '403 quota_exceeded',
      '403 sign_in_refused',
      '404 bad_path',
      '404 birth_cert_not_found',
      '404 credential_not_found',
      '404 customer_not_found',
      '404 job_not_found',
      '404 permission_not_found',
      '404 serial_not_found',
      '405 method_not_allowed',
      '409 already_claimed',
      '409 already_issued',
      '409 already_signed_up',
      '409 ceremony_under_way',
      '409 customer_exists',
      '409 idempotency_key_reused',
      '409 not_on_hold',
      '409 permission_exists',
      '413 body_too_large',
      '415 unsupported_media_type',
      '429 rate_limited',
      '500 internal',
      '503 customer_not_active',
      '503 deadline_exceeded',
      '503 overloaded',
      '503 service_unavailable',
      '503 signer_unavailable',
      '503 storage_unavailable',
    ]);
  });

  it('gives every code a gRPC status other than OK', () => {
    for (const row of Object.values(errors)) expect(rpcStatus[row.rpc]).toBeGreaterThan(0);
  });

  it('knows its own codes and no inherited names', () => {
    expect(isErrorCode('bad_ttl')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });

  it('turns an unexpected failure into internal and keeps its cause', () => {
    const cause = new TypeError('x');
    expect(DomainError.from(cause)).toMatchObject({ code: 'internal', httpStatus: 500, cause });
  });
});
