import { handleParameter, type Operation, operatorErrors, outages } from '../openapi/operation.js';
import { reconcileBodySchema, reconciliationSchema, usageMonthsSchema } from './metering.schema.js';

const shared = { tag: 'operator', access: ['operator'] } as const;

export const meteringOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'POST',
    path: '/v1/admin/reconcile-usage',
    id: 'reconcileUsage',
    summary: 'Compare counters, certificates and audit trails now, as every night, and repair the counters',
    request: { 'application/json': reconcileBodySchema },
    answer: {
      status: 200,
      description: 'How many customers were looked at, and those of whom something did not agree.',
      content: { 'application/json': reconciliationSchema },
    },
    errors: [
      ...operatorErrors,
      'body_too_large',
      'unsupported_media_type',
      'bad_request',
      'customer_not_found',
      'overloaded',
      ...outages,
    ],
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/admin/customers/{handle}/months',
    id: 'listMonths',
    summary: 'Show what a customer used in each month, the latest first',
    parameters: [handleParameter],
    answer: {
      status: 200,
      description: 'As it was last reconciled.',
      content: { 'application/json': usageMonthsSchema },
    },
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
];
