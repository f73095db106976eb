import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';
import { type RevocationReasonName, reasonNames } from './revocation-reason.js';

/** Most serial numbers of one request. */
export const mostSerials = 1_000;

export const serialSchema = {
  type: 'string',
  description: 'Hexadecimal, with or without colons and leading zeros, in any case.',
} as const;

export const reasonSchema = {
  type: 'string',
  enum: reasonNames,
  description:
    'RFC 5280 §5.3.1; default unspecified. certificateHold can be lifted with removeFromCRL or become final.',
} as const;

export const timePattern = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]+)?Z$';

export const invalidityDateSchema = {
  type: 'string',
  pattern: timePattern,
  description: 'Since when the key is suspected, or the certificate was invalid (RFC 5280 §5.3.2).',
} as const;

export const revokeBodySchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Either serial or serials.',
  properties: {
    version: { type: 'string', const: 'v1' },
    serial: serialSchema,
    serials: { type: 'array', items: serialSchema, minItems: 1, maxItems: mostSerials },
    reason: reasonSchema,
    invalidity_date: invalidityDateSchema,
  },
  oneOf: [{ required: ['serial'] }, { required: ['serials'] }],
} as const satisfies JsonSchema;

export interface RevokeBody {
  readonly serial?: string;
  readonly serials?: readonly string[];
  readonly reason?: RevocationReasonName;
  readonly invalidity_date?: string;
}

export const validateRevokeBody = bodyValidator<RevokeBody>(revokeBodySchema);

/** Where a certificate stands; shared with the status of a serial number. */
export const standingProperties = {
  status: { type: 'string', enum: ['active', 'expired', 'revoked'] },
  expires_at: { type: 'string', format: 'date-time', description: 'notAfter of the certificate.' },
  revoked_at: { type: 'string', format: 'date-time', description: 'Only when revoked: the first time.' },
  revoked_reason: { type: 'string', enum: reasonNames, description: 'Only when revoked.' },
} as const;

const revocationSchema = {
  type: 'object',
  required: ['serial', 'status', 'expires_at'],
  additionalProperties: false,
  properties: {
    serial: { type: 'string' },
    ...standingProperties,
    invalidity_date: { type: 'string', format: 'date-time' },
  },
} as const satisfies JsonSchema;

const version = { type: 'string', const: 'v1' } as const;

/** One certificate by itself, several in a list. */
export const revokeAnswerSchema = {
  oneOf: [
    {
      ...revocationSchema,
      required: ['version', ...revocationSchema.required],
      properties: { version, ...revocationSchema.properties },
    },
    {
      type: 'object',
      required: ['version', 'certs'],
      additionalProperties: false,
      properties: { version, certs: { type: 'array', items: revocationSchema } },
    },
  ],
} as const satisfies JsonSchema;

export const reconcileBodySchema = {
  type: 'object',
  required: ['serials'],
  additionalProperties: false,
  properties: {
    serials: {
      type: 'array',
      items: serialSchema,
      maxItems: mostSerials,
      description: 'What was revoked before the restore and is missing now; empty when nothing is.',
    },
  },
} as const satisfies JsonSchema;

export const validateReconcileBody = bodyValidator<{ readonly serials: readonly string[] }>(
  reconcileBodySchema,
);

export const reconciledSchema = {
  type: 'object',
  required: ['from_record', 'from_operator'],
  additionalProperties: false,
  properties: {
    from_record: { type: 'integer', minimum: 0, description: 'Revoked again because the record named them.' },
    from_operator: { type: 'integer', minimum: 0, description: 'Revoked again because they were given.' },
  },
} as const satisfies JsonSchema;
