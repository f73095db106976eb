import { customerSchema } from '../customer/customer.schema.js';
import { handleParameter, type Operation, operatorErrors, outages } from '../openapi/operation.js';
import { birthCertBodySchema, birthCertSchema } from './birth-cert.schema.js';

const shared = { path: '/v1/birth-cert', tag: 'account', access: ['owner'], tier: 'dev' } as const;
const content = { 'application/json': birthCertSchema };

export const birthCertOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'POST',
    id: 'issueBirthCert',
    summary: 'Issue the birth certificate: once, for a year',
    description: 'It counts against the limits like any certificate.',
    request: { 'application/json': birthCertBodySchema },
    answer: { status: 201, description: 'The certificate and its chain.', content },
    errors: [
      'unauthorized',
      'cross_site',
      'bad_path',
      'body_too_large',
      'unsupported_media_type',
      'bad_request',
      'issue_failed',
      'bad_ttl',
      'already_issued',
      'rate_limited',
      'quota_exceeded',
      'customer_not_active',
      'overloaded',
      'signer_unavailable',
      ...outages,
    ],
  },
  {
    ...shared,
    method: 'GET',
    id: 'showBirthCert',
    summary: 'Show the birth certificate',
    answer: { status: 200, description: 'The certificate and its chain.', content },
    errors: ['unauthorized', 'bad_path', 'birth_cert_not_found', ...outages],
  },
  {
    method: 'POST',
    path: '/v1/admin/customers/{handle}/reset-birth-cert',
    id: 'resetBirthCert',
    tag: 'operator',
    access: ['operator'],
    summary: 'Let a customer have another birth certificate; the one before authenticates nothing any more',
    parameters: [handleParameter],
    answer: { status: 200, description: 'The customer.', content: { 'application/json': customerSchema } },
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
];
