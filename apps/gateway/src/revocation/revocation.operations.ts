import { handleParameter, type Operation, operatorErrors, outages } from '../openapi/operation.js';
import { bulkAnswerSchema, bulkBodySchema, bulkJobSchema } from './bulk.schema.js';
import { crlCacheSchema } from './crl-cache.schema.js';
import {
  reconcileBodySchema,
  reconciledSchema,
  revokeAnswerSchema,
  revokeBodySchema,
} from './revocation.schema.js';

const errors = [
  'body_too_large',
  'unauthorized',
  'unsupported_media_type',
  'bad_request',
  'serial_not_found',
  'not_on_hold',
  ...outages,
] as const;

const bodyErrors = ['body_too_large', ...operatorErrors, 'unsupported_media_type', 'bad_request'] as const;
const operator = { tag: 'operator', access: ['operator'] } as const;

const shared = {
  method: 'POST',
  description:
    'All of the certificates or none; a scoped credential has those that it minted. Asking again changes nothing: the first time and reason stand. Visible at once in the status of the serial number and in OCSP, and in the CRL within seconds.',
  request: { 'application/json': revokeBodySchema },
  answer: {
    status: 200,
    description: 'How each certificate stands now.',
    content: { 'application/json': revokeAnswerSchema },
  },
} as const;

export const revocationOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/{handle}/revoke',
    id: 'revoke',
    tag: 'revocation',
    access: ['bearer', 'credential', 'certificate'],
    tier: 'dev',
    parameters: [handleParameter],
    summary: 'Revoke certificates, put them on hold, or lift a hold',
    errors: [...errors, 'bad_path', 'customer_not_found'],
  },
  {
    ...shared,
    path: '/v1/free/revoke',
    id: 'freeRevoke',
    tag: 'revocation',
    access: ['bearer'],
    tier: 'free',
    summary: 'Revoke certificates of the Free tier, put them on hold, or lift a hold',
    errors: [...errors, 'bad_path'],
  },
  {
    ...shared,
    path: '/v1/admin/customers/{handle}/revoke',
    id: 'revokeFor',
    tag: 'operator',
    access: ['operator'],
    parameters: [handleParameter],
    summary: "Revoke a customer's certificates",
    errors: ['operator_only', ...errors, 'customer_not_found'],
  },
  {
    ...operator,
    method: 'POST',
    path: '/v1/admin/customers/{handle}/bulk-revoke',
    id: 'bulkRevoke',
    summary: 'Revoke every certificate that matches, in a job, or count what would match',
    parameters: [handleParameter],
    request: { 'application/json': bulkBodySchema },
    answer: {
      status: 200,
      description: 'The job as it begins; with dry_run the counts.',
      content: { 'application/json': bulkAnswerSchema },
    },
    errors: [...bodyErrors, 'customer_not_found', 'bad_ttl', 'serial_not_found', ...outages],
  },
  {
    ...operator,
    method: 'GET',
    path: '/v1/admin/customers/{handle}/bulk-revoke/{job}',
    id: 'bulkRevocation',
    summary: 'Show how far a bulk revocation is',
    parameters: [
      handleParameter,
      {
        name: 'job',
        in: 'path',
        description: 'job_id of the answer that started it.',
        schema: { type: 'string' },
      },
    ],
    answer: { status: 200, description: 'The job.', content: { 'application/json': bulkJobSchema } },
    errors: [...operatorErrors, 'customer_not_found', 'job_not_found', ...outages],
  },
  {
    ...operator,
    method: 'POST',
    path: '/v1/admin/customers/{handle}/reconcile',
    id: 'reconcile',
    summary: 'Say what a restored database has lost, so that certificates are called good again',
    parameters: [handleParameter],
    request: { 'application/json': reconcileBodySchema },
    answer: {
      status: 200,
      description: 'How many certificates were revoked again.',
      content: { 'application/json': reconciledSchema },
    },
    errors: [...bodyErrors, 'customer_not_found', 'serial_not_found', ...outages],
  },
  {
    ...operator,
    method: 'GET',
    path: '/v1/admin/crl/cache',
    id: 'crlCache',
    summary: 'List the CRLs as they are published',
    parameters: [
      { name: 'handle', in: 'query', description: 'Of this customer only.', schema: { type: 'string' } },
      {
        name: 'limit',
        in: 'query',
        description: 'CRLs a page; default 100.',
        schema: { type: 'integer', minimum: 1, maximum: 500 },
      },
      {
        name: 'page_token',
        in: 'query',
        description: 'next_page_token of the page before.',
        schema: { type: 'string' },
      },
    ],
    answer: { status: 200, description: 'A page of CRLs.', content: { 'application/json': crlCacheSchema } },
    errors: [...operatorErrors, 'bad_request', ...outages],
  },
  {
    ...operator,
    method: 'POST',
    path: '/v1/admin/crl/cache/{handle}/regenerate',
    id: 'regenerateCrls',
    summary: 'Make and publish the CRLs of a customer now',
    parameters: [handleParameter],
    answer: {
      status: 200,
      description: 'The CRLs as they are published from now on.',
      content: { 'application/json': crlCacheSchema },
    },
    errors: [...operatorErrors, 'customer_not_found', 'signer_unavailable', ...outages],
  },
];
