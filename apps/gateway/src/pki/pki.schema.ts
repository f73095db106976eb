import type { JsonSchema } from '../problem/body-validator.js';
import { standingProperties } from '../revocation/revocation.schema.js';

export const serialStatusSchema = {
  type: 'object',
  required: ['status', 'expires_at'],
  additionalProperties: false,
  properties: standingProperties,
} as const satisfies JsonSchema;
