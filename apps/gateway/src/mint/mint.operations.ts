import type { ErrorCode } from '#libs/errors';
import { handleParameter, type Operation, outages, type Parameter, textFile } from '../openapi/operation.js';
import { mintAnswerSchema, mintBodySchema } from './mint.schema.js';
import { jsonType, pemType } from './mint-request.js';

export const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key and body within 24 hours give the same certificates and one issuance.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
};

/** What every route answers that issues. */
export const issuingErrors = [
  'body_too_large',
  'unauthorized',
  'customer_not_active',
  'unsupported_media_type',
  'bad_request',
  'bad_count',
  'bad_ttl',
  'issue_failed',
  'idempotency_key_reused',
  'rate_limited',
  'quota_exceeded',
  'overloaded',
  'signer_unavailable',
  ...outages,
] as const satisfies readonly ErrorCode[];

const errors = [
  ...issuingErrors,
  'bad_path',
  'customer_not_found',
  'handle_mismatch',
] as const satisfies readonly ErrorCode[];

export const mintAnswer: Operation['answer'] = {
  status: 200,
  description: 'Every certificate that was asked for.',
  content: { 'application/json': mintAnswerSchema },
  headers: {
    'RateLimit-Limit': 'Certificates in any 60 seconds; absent when unlimited.',
    'RateLimit-Remaining': 'What is left of them now.',
    'RateLimit-Reset': 'Seconds until all of them are there again.',
    'Idempotency-Replayed': 'true when this is an earlier answer to the same Idempotency-Key.',
  },
};

const shared = {
  method: 'POST',
  tag: 'mint',
  access: ['bearer', 'certificate'],
  tier: 'dev',
  request: { [jsonType]: mintBodySchema, [pemType]: textFile },
  answer: mintAnswer,
} as const;

export const mintOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/{handle}/mint',
    id: 'mint',
    summary: 'Mint one certificate or a batch, all or none',
    description: 'The lifetime is in the body, which therefore is JSON.',
    parameters: [handleParameter, idempotencyKey],
    errors,
  },
  {
    ...shared,
    path: '/{ttl}/{handle}/mint',
    id: 'mintWithTtl',
    summary: 'Mint with the lifetime in the path',
    description: 'Takes a raw CSR in PEM too.',
    parameters: [
      {
        name: 'ttl',
        in: 'path',
        description: '1d, 7d, 14d, 30d, 90d, or a Go duration from 1h to 2160h such as 36h.',
        schema: { type: 'string' },
      },
      handleParameter,
      idempotencyKey,
    ],
    errors: [...errors, 'ttl_mismatch'],
  },
];
