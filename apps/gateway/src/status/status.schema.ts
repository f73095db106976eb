import type { JsonSchema } from '../problem/body-validator.js';

export const statusSchema = {
  type: 'object',
  required: ['status', 'version', 'services'],
  additionalProperties: false,
  properties: {
    status: { type: 'string', enum: ['up', 'degraded'] },
    version: { type: 'string', description: 'Of the gateway that answered.' },
    services: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'status'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          status: { type: 'string', enum: ['up', 'down'] },
          answered_in_ms: { type: 'number', minimum: 0 },
          message: { type: 'string', description: 'Why it is down.' },
        },
      },
    },
  },
} as const satisfies JsonSchema;

export const healthSchema = {
  type: 'object',
  required: ['status'],
  additionalProperties: false,
  properties: { status: { type: 'string', const: 'ok' } },
} as const satisfies JsonSchema;

export const readySchema = {
  type: 'object',
  required: ['status', 'checks'],
  additionalProperties: false,
  properties: {
    status: { type: 'string', const: 'ok' },
    checks: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['ready'],
        additionalProperties: false,
        properties: { ready: { type: 'boolean' } },
      },
      description: 'What the gateway itself depends on.',
    },
  },
} as const satisfies JsonSchema;
