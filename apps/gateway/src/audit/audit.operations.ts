import {
  handleParameter,
  type Operation,
  operatorErrors,
  outages,
  type Parameter,
} from '../openapi/operation.js';
import type { JsonSchema } from '../problem/body-validator.js';

const hash: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };

const trailSchema: JsonSchema = {
  type: 'object',
  required: ['customer_id', 'handle', 'entries', 'head'],
  properties: {
    customer_id: { type: 'string', format: 'uuid' },
    handle: { type: 'string' },
    entries: {
      type: 'array',
      items: {
        type: 'object',
        required: ['sequence', 'recorded_at', 'hash', 'entry'],
        properties: {
          sequence: { type: 'integer', minimum: 1 },
          recorded_at: { type: 'string', format: 'date-time' },
          hash,
          entry: {
            type: 'object',
            required: ['action', 'at', 'outcome', 'actor', 'details'],
            properties: {
              action: { type: 'string' },
              at: { type: 'string', format: 'date-time' },
              outcome: { type: 'string', description: 'ok, or the code of the error.' },
              actor: {
                type: 'object',
                required: ['kind'],
                properties: { kind: { type: 'string' }, id: { type: 'string' }, hash },
              },
              handle: { type: 'string' },
              request_id: { type: 'string' },
              details: { type: 'object' },
            },
          },
        },
      },
    },
    head: {
      type: 'object',
      required: ['sequence', 'hash'],
      properties: { sequence: { type: 'integer', minimum: 0 }, hash },
    },
  },
};

const pages: readonly Parameter[] = [
  {
    name: 'after',
    in: 'query',
    description: 'Entries after this sequence; default 0.',
    schema: { type: 'integer', minimum: 0 },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'Entries a page; default 100.',
    schema: { type: 'integer', minimum: 1, maximum: 1_000 },
  },
];
const answer = {
  status: 200,
  description: 'Entries in order, and where the trail ends.',
  content: { 'application/json': trailSchema },
} as const;

export const auditOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/admin/customers/{handle}/audit',
    id: 'readAuditTrail',
    tag: 'operator',
    access: ['operator'],
    summary: "Read a customer's audit trail",
    parameters: [handleParameter, ...pages],
    answer,
    errors: [...operatorErrors, 'bad_request', 'customer_not_found', ...outages],
  },
  {
    method: 'GET',
    path: '/v1/audit',
    id: 'readOwnAuditTrail',
    tag: 'account',
    access: ['owner'],
    summary: 'Read the audit trail of your own customer',
    parameters: pages,
    answer,
    errors: ['unauthorized', 'bad_request', ...outages],
  },
];
