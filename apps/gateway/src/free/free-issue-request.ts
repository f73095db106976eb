import { LeafProfile } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { readCsrs } from '../mint/csr-pem.js';
import {
  chooseTtl,
  type IssueCall,
  jsonType,
  type MintOrder,
  mediaTypeOf,
  pemType,
  readIdempotencyKey,
  readPem,
} from '../mint/mint-request.js';
import { parseJson } from '../problem/json-body.js';
import { validateFreeIssueBody } from './free-issue.schema.js';
import { checkFreeTtl } from './free-ttl.js';

/**
 * Reads the body of a Free customer's request: one CSR, raw or in the envelope (specification 3).
 *
 * @param pathTtl the lifetime in the path; undefined on the route without one
 * @throws DomainError unsupported_media_type, bad_request, bad_count, bad_ttl, ttl_mismatch
 */
export function readFreeIssue(call: IssueCall, pathTtl: string | undefined): MintOrder {
  const readBody = bodyReader(call);
  const idempotencyKey = readIdempotencyKey(call.idempotencyKey);
  const { csrPem, ttl } = readBody(call.body);
  const ttlSeconds = checkFreeTtl(chooseTtl(pathTtl, ttl));
  return { ...readCsrs([csrPem]), ttlSeconds, idempotencyKey, profile: LeafProfile.FREE };
}

interface Read {
  readonly csrPem: string;
  readonly ttl?: string | undefined;
}

function bodyReader(call: IssueCall): (body: Buffer) => Read {
  switch (mediaTypeOf(call)) {
    case jsonType:
      return (body) => {
        const { csr_pem: csrPem, ttl } = validateFreeIssueBody(parseJson(body));
        return { csrPem, ttl };
      };
    case pemType:
      return (body) => ({ csrPem: readPem(body).csrPems.join('') });
    default:
      throw new DomainError('unsupported_media_type', `Send the body as ${jsonType} or ${pemType}.`);
  }
}
