import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';
import { invalidityDateSchema, reasonSchema, serialSchema, timePattern } from './revocation.schema.js';
import { type RevocationReasonName, reasonNames } from './revocation-reason.js';

const uuid = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const time = { type: 'string', pattern: timePattern } as const;

/** As what certificates are issued; the issuer names them in its events. */
const profileNames = ['mint', 'sign-leaf', 'cross-sign', 'free', 'birth-cert', 'ocsp-responder'] as const;

export const criteriaSchema = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: 'All that are given must hold. Expired certificates never match.',
  properties: {
    credential_id: { type: 'string', pattern: uuid, description: 'Minted by this scoped credential.' },
    profile: { type: 'string', enum: profileNames, description: 'Issued as this.' },
    ttl: { type: 'string', description: 'Issued for this long: 1d, 7d, 14d, 30d, 90d, or a Go duration.' },
    issued_from: { ...time, description: 'Issued at this time or later.' },
    issued_before: { ...time, description: 'Issued before this time.' },
    san: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'One of the subject alternative names; * stands for any characters.',
    },
    key_sha256: {
      type: 'string',
      pattern: '^[0-9a-fA-F]{64}$',
      description: 'SHA-256 of the SubjectPublicKeyInfo in DER.',
    },
    serials: { type: 'array', items: serialSchema, minItems: 1, maxItems: 100_000 },
  },
} as const satisfies JsonSchema;

export const bulkBodySchema = {
  type: 'object',
  required: ['criteria'],
  additionalProperties: false,
  properties: {
    criteria: criteriaSchema,
    reason: reasonSchema,
    invalidity_date: invalidityDateSchema,
    dry_run: { type: 'boolean', description: 'Count what matches, and revoke nothing.' },
  },
} as const satisfies JsonSchema;

export interface BulkBody {
  readonly criteria: {
    readonly credential_id?: string;
    readonly profile?: string;
    readonly ttl?: string;
    readonly issued_from?: string;
    readonly issued_before?: string;
    readonly san?: string;
    readonly key_sha256?: string;
    readonly serials?: readonly string[];
  };
  readonly reason?: RevocationReasonName;
  readonly invalidity_date?: string;
  readonly dry_run?: boolean;
}

export const validateBulkBody = bodyValidator<BulkBody>(bulkBodySchema);

const count = { type: 'integer', minimum: 0 } as const;

export const bulkJobSchema = {
  type: 'object',
  required: [
    'job_id',
    'status',
    'reason',
    'matched',
    'revoked',
    'unchanged',
    'failed',
    'failures',
    'created_at',
  ],
  additionalProperties: false,
  properties: {
    job_id: { type: 'string', pattern: uuid },
    status: { type: 'string', enum: ['pending', 'running', 'done'] },
    reason: { type: 'string', enum: reasonNames },
    matched: { ...count, description: 'Certificates that matched so far.' },
    revoked: count,
    unchanged: { ...count, description: 'Stood like this before.' },
    failed: count,
    failures: {
      type: 'array',
      description: 'The first 1000.',
      items: {
        type: 'object',
        required: ['serial', 'code'],
        additionalProperties: false,
        properties: { serial: { type: 'string' }, code: { type: 'string' } },
      },
    },
    created_at: { type: 'string', format: 'date-time' },
    finished_at: { type: 'string', format: 'date-time' },
  },
} as const satisfies JsonSchema;

export const bulkAnswerSchema = {
  oneOf: [
    bulkJobSchema,
    {
      type: 'object',
      required: ['dry_run', 'matched', 'revoked_before', 'not_found'],
      additionalProperties: false,
      properties: {
        dry_run: { type: 'boolean', const: true },
        matched: { ...count, description: 'Certificates that match.' },
        revoked_before: { ...count, description: 'Those among them that are revoked or on hold already.' },
        not_found: { ...count, description: 'Given serial numbers that this customer does not have.' },
      },
    },
  ],
} as const satisfies JsonSchema;
