import { DomainError } from '#libs/errors';
import { type NameConstraints, nameConstraintsProblem } from '#libs/x509';
import type { NameConstraintsJson } from '../customer/customer.schema.js';
import { constraintsOf } from '../customer/customer.service.js';
import { parseTtl, ttlSeconds } from '../mint/ttl.js';
import type { CredentialBounds } from './credential.js';
import type { NewCredentialBody } from './credential.schema.js';
import { checkNetworks } from './source-networks.js';

/**
 * Reads what shall bound a new credential.
 *
 * @param now Unix milliseconds
 * @throws DomainError bad_request, bad_ttl
 */
export function readBounds(body: NewCredentialBody, now: number): CredentialBounds {
  return {
    label: body.label ?? '',
    expiresAt: body.expires_at === undefined ? null : readExpiry(body.expires_at, now),
    maxTtlSeconds: body.max_ttl === undefined ? null : readCeiling(body.max_ttl),
    nameConstraints: body.name_constraints === undefined ? null : readConstraints(body.name_constraints),
    sourceNetworks: checkNetworks(body.source_networks ?? []),
  };
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function readExpiry(text: string, now: number): Date {
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (time > now) return new Date(time);
  throw new DomainError('bad_request', 'expires_at must be a time to come, such as 2027-01-31T12:00:00Z.', {
    details: { field: 'expires_at' },
  });
}

function readCeiling(text: string): number {
  const nanoseconds = parseTtl(text);
  if (nanoseconds !== undefined) return ttlSeconds(nanoseconds);
  throw new DomainError('bad_ttl', 'max_ttl must be a lifetime from 1h to 90d, such as 7d or 36h.');
}

function readConstraints(json: NameConstraintsJson): NameConstraints | null {
  const lists = constraintsOf(json);
  if (Object.values(lists).every((list) => list.length === 0)) return null;
  const problem = nameConstraintsProblem(lists);
  if (problem === undefined) return lists;
  throw new DomainError('bad_request', `name_constraints: ${problem}.`, {
    details: { field: 'name_constraints' },
  });
}
