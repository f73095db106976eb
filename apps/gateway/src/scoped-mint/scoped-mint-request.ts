import { LeafProfile } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CredentialPrincipal, CustomerPrincipal, SigningMode } from '../auth/principal.js';
import { readCsrs } from '../mint/csr-pem.js';
import {
  chooseTtl,
  type IssueCall,
  jsonType,
  type MintOrder,
  mediaTypeOf,
  readIdempotencyKey,
} from '../mint/mint-request.js';
import { parseJson } from '../problem/json-body.js';
import { validateScopedMintBody } from './scoped-mint.schema.js';

const profiles = {
  sign_leaf: LeafProfile.SIGN_LEAF,
  cross_sign: LeafProfile.CROSS_SIGN,
} as const satisfies Record<SigningMode, LeafProfile>;

/**
 * Reads the body of a scoped credential's request, and checks what the credential may (specification 2 §2). After
 * the form of the body comes the signing cert, then the mode, then the lifetime.
 *
 * @throws DomainError unsupported_media_type, bad_request, bad_count, bad_ttl
 * @throws DomainError cert_not_allowed for a signing cert that the permission does not have, whoever else has it
 * @throws DomainError mode_not_allowed
 */
export function readScopedMint(principal: CustomerPrincipal, call: IssueCall, mode: SigningMode): MintOrder {
  if (principal.kind !== 'credential') throw new DomainError('internal', 'The route took no credential.');
  if (mediaTypeOf(call) !== jsonType) {
    throw new DomainError('unsupported_media_type', `Send the body as ${jsonType}.`);
  }
  const idempotencyKey = readIdempotencyKey(call.idempotencyKey);
  const { cert_id: certId, csr_pems: pems, ttl } = validateScopedMintBody(parseJson(call.body));
  checkGrant(principal, certId, mode);
  const ttlSeconds = chooseTtl(undefined, ttl);
  checkCeiling(principal, ttlSeconds);
  const { nameConstraints } = principal;
  return { ...readCsrs(pems), ttlSeconds, idempotencyKey, profile: profiles[mode], nameConstraints };
}

function checkGrant({ grants }: CredentialPrincipal, certId: string, mode: SigningMode): void {
  const modes = grants.get(certId.toLowerCase());
  if (modes === undefined) {
    throw new DomainError('cert_not_allowed', 'This credential does not have that signing cert.');
  }
  if (!modes.has(mode)) {
    throw new DomainError('mode_not_allowed', `This credential does not have the mode ${mode}.`);
  }
}

function checkCeiling({ maxTtlSeconds }: CredentialPrincipal, ttlSeconds: number): void {
  if (maxTtlSeconds === undefined || ttlSeconds <= maxTtlSeconds) return;
  const message = `This credential allows lifetimes of at most ${maxTtlSeconds} s, not ${ttlSeconds} s.`;
  throw new DomainError('bad_ttl', message, { details: { max_ttl_seconds: maxTtlSeconds } });
}
