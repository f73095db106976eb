import { handleParameter, type Operation, outages } from '../openapi/operation.js';
import { revokeAnswerSchema, revokeBodySchema } from './revocation.schema.js';

const errors = [
  'body_too_large',
  'unauthorized',
  'customer_not_found',
  'unsupported_media_type',
  'bad_request',
  'serial_not_found',
  'not_on_hold',
  ...outages,
] as const;

const shared = {
  method: 'POST',
  parameters: [handleParameter],
  description:
    'All of the certificates or none. Asking again changes nothing: the first time and reason stand. Visible at once in the status of the serial number and in OCSP, and in the CRL within seconds.',
  request: { 'application/json': revokeBodySchema },
  answer: {
    status: 200,
    description: 'How each certificate stands now.',
    content: { 'application/json': revokeAnswerSchema },
  },
  errors,
} as const;

export const revocationOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/{handle}/revoke',
    id: 'revoke',
    tag: 'revocation',
    security: 'bearer',
    summary: 'Revoke certificates, put them on hold, or lift a hold',
  },
  {
    ...shared,
    path: '/v1/admin/customers/{handle}/revoke',
    id: 'revokeFor',
    tag: 'operator',
    security: 'operator',
    summary: "Revoke a customer's certificates",
  },
];
