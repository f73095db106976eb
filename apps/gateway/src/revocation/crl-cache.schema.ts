import type { JsonSchema } from '../problem/body-validator.js';

const time = { type: 'string', format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const number = {
  type: 'string',
  pattern: '^[0-9]+$',
  description: 'CRLNumber in decimal: it may exceed 2^53.',
} as const;

const crlStatusSchema = {
  type: 'object',
  required: [
    ...['handle', 'ca_id', 'file', 'crl_number', 'this_update', 'next_update', 'generated_at'],
    ...['generation_duration_ms', 'revoked_count', 'size', 'is_stale', 'events'],
  ],
  additionalProperties: false,
  properties: {
    handle: { type: 'string' },
    ca_id: { type: 'string' },
    file: { type: 'string', description: 'Below /pki/{handle}/.' },
    crl_number: number,
    this_update: time,
    next_update: time,
    generated_at: time,
    generation_duration_ms: count,
    revoked_count: count,
    size: { ...count, description: 'Octets.' },
    is_stale: { type: 'boolean', description: 'Past its next update.' },
    events: {
      type: 'array',
      description: 'The last ones, newest first.',
      items: {
        type: 'object',
        required: ['at', 'cause'],
        additionalProperties: false,
        properties: {
          at: time,
          crl_number: number,
          cause: { type: 'string', description: 'scheduled, revocation, requested or first.' },
          problem: { type: 'string', description: 'Why none was made.' },
        },
      },
    },
  },
} as const satisfies JsonSchema;

export const crlCacheSchema = {
  type: 'object',
  required: ['crls'],
  additionalProperties: false,
  properties: {
    crls: { type: 'array', items: crlStatusSchema },
    next_page_token: { type: 'string', description: 'Absent on the last page.' },
  },
} as const satisfies JsonSchema;
