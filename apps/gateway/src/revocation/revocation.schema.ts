import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';
import { type RevocationReasonName, reasonNames } from './revocation-reason.js';

/** Most serial numbers of one request. */
export const mostSerials = 1_000;

const serial = {
  type: 'string',
  description: 'Hexadecimal, with or without colons and leading zeros, in any case.',
} as const;

export const revokeBodySchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Either serial or serials.',
  properties: {
    version: { type: 'string', const: 'v1' },
    serial,
    serials: { type: 'array', items: serial, minItems: 1, maxItems: mostSerials },
    reason: {
      type: 'string',
      enum: reasonNames,
      description:
        'RFC 5280 §5.3.1; default unspecified. certificateHold can be lifted with removeFromCRL or become final.',
    },
    invalidity_date: {
      type: 'string',
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]+)?Z$',
      description: 'Since when the key is suspected, or the certificate was invalid (RFC 5280 §5.3.2).',
    },
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
