import type { JsonSchema } from '../problem/body-validator.js';

export const serialStatusSchema = {
  type: 'object',
  required: ['status', 'expires_at'],
  additionalProperties: false,
  properties: {
    status: { type: 'string', enum: ['active', 'expired', 'revoked'] },
    expires_at: { type: 'string', format: 'date-time', description: 'notAfter of the certificate.' },
  },
} as const satisfies JsonSchema;
