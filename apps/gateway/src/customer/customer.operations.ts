import { pageParameters } from '../http/page-query.js';
import { handleParameter, type Operation, operatorErrors, outages } from '../openapi/operation.js';
import {
  customerPageSchema,
  customerSchema,
  customerWithBearerSchema,
  limitsSchema,
  newCustomerSchema,
  planSchema,
} from './customer.schema.js';

const base = '/v1/admin/customers';
const shared = { tag: 'operator', access: ['operator'] } as const;
const oneCustomer = {
  status: 200,
  description: 'The customer.',
  content: { 'application/json': customerSchema },
} as const;
const bodyErrors = ['body_too_large', 'unsupported_media_type', 'bad_request'] as const;

export const customerOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'POST',
    path: base,
    id: 'createCustomer',
    summary: 'Create a customer and start its ceremony',
    description:
      'Answers at once with status provisioning; its CA is active within seconds, or with external_root once one was imported.',
    request: { 'application/json': newCustomerSchema },
    answer: {
      status: 201,
      description: 'The customer and its bearer, which is shown this once.',
      content: { 'application/json': customerWithBearerSchema },
    },
    errors: [...operatorErrors, ...bodyErrors, 'bad_handle', 'customer_exists', ...outages],
  },
  {
    ...shared,
    method: 'GET',
    path: base,
    id: 'listCustomers',
    summary: 'List customers by handle',
    parameters: pageParameters,
    answer: {
      status: 200,
      description: 'A page of customers, without limits and use.',
      content: { 'application/json': customerPageSchema },
    },
    errors: [...operatorErrors, 'bad_request', ...outages],
  },
  {
    ...shared,
    method: 'GET',
    path: `${base}/{handle}`,
    id: 'showCustomer',
    summary: 'Show a customer',
    parameters: [handleParameter],
    answer: oneCustomer,
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/{handle}/suspend`,
    id: 'suspendCustomer',
    summary: 'Stop a customer from minting; what it has minted stays valid',
    parameters: [handleParameter],
    answer: oneCustomer,
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/{handle}/resume`,
    id: 'resumeCustomer',
    summary: 'Let a suspended customer mint again',
    parameters: [handleParameter],
    answer: oneCustomer,
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/{handle}/rotate-bearer`,
    id: 'rotateBearer',
    summary: 'Give a customer a new bearer and refuse the one before',
    parameters: [handleParameter],
    answer: {
      status: 200,
      description: 'The customer and its new bearer, which is shown this once.',
      content: { 'application/json': customerWithBearerSchema },
    },
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/{handle}/promote`,
    id: 'promoteCustomer',
    summary: 'Move a Free customer to the Dev tier',
    description: 'The ceremony of its own CA begins; a Dev customer stays as it is.',
    parameters: [handleParameter],
    answer: oneCustomer,
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'PUT',
    path: `${base}/{handle}/plan`,
    id: 'setPlan',
    summary: 'Put a Free customer on a plan',
    description: 'Answers when the limits of the plan are enforced.',
    parameters: [handleParameter],
    request: { 'application/json': planSchema },
    answer: oneCustomer,
    errors: [...operatorErrors, ...bodyErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'PUT',
    path: `${base}/{handle}/limits`,
    id: 'setLimits',
    summary: 'Set how many certificates a customer may mint',
    description: 'Answers when the new limits are enforced.',
    parameters: [handleParameter],
    request: { 'application/json': limitsSchema },
    answer: oneCustomer,
    errors: [...operatorErrors, ...bodyErrors, 'customer_not_found', ...outages],
  },
];
