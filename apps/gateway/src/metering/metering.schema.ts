import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

export interface ReconcileBody {
  /** One customer; all without it. */
  readonly handle?: string;
}

export const reconcileBodySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { handle: { type: 'string', maxLength: 40, description: 'One customer; default all.' } },
} as const satisfies JsonSchema;
export const validateReconcileBody = bodyValidator<ReconcileBody>(reconcileBodySchema);

const count = { type: 'integer', minimum: 0 } as const;

export const reconciliationSchema: JsonSchema = {
  type: 'object',
  required: ['customers', 'differences'],
  additionalProperties: false,
  properties: {
    customers: count,
    differences: {
      type: 'array',
      items: {
        type: 'object',
        required: ['handle', 'repairs', 'issued', 'in_trail'],
        additionalProperties: false,
        properties: {
          handle: { type: 'string' },
          repairs: {
            type: 'array',
            description: 'Counters that were wrong, and are right now.',
            items: {
              type: 'object',
              required: ['counter', 'counted', 'issued'],
              additionalProperties: false,
              properties: {
                counter: { enum: ['month', 'lifetime', '1h', '1d', '7d', '14d', '30d', '90d'] },
                counted: count,
                issued: count,
              },
            },
          },
          issued: { ...count, description: 'Certificates of the month.' },
          in_trail: { ...count, description: 'How many of them the audit trail tells of.' },
        },
      },
    },
  },
};

export const usageMonthsSchema: JsonSchema = {
  type: 'object',
  required: ['handle', 'months'],
  additionalProperties: false,
  properties: {
    handle: { type: 'string' },
    months: {
      type: 'array',
      items: {
        type: 'object',
        required: ['month', 'issued', 'in_trail', 'taken_at'],
        additionalProperties: false,
        properties: {
          month: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}$' },
          issued: count,
          in_trail: count,
          taken_at: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
};
