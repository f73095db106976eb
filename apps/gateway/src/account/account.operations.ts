import { pageParameters } from '../http/page-query.js';
import { type Operation, outages, type Parameter } from '../openapi/operation.js';
import { certificatePageSchema, usageSchema, whoamiSchema } from './account.schema.js';

const shared = {
  method: 'GET',
  tag: 'account',
  access: ['bearer', 'credential', 'owner', 'certificate'],
} as const;

const time = (name: string, description: string): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string', format: 'date-time' },
});

export const accountOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/v1/whoami',
    id: 'whoami',
    summary: 'What the credential of this request is, and whose',
    answer: { status: 200, description: 'The credential.', content: { 'application/json': whoamiSchema } },
    errors: ['unauthorized', ...outages],
  },
  {
    ...shared,
    path: '/v1/usage',
    id: 'usage',
    summary: 'How much you have issued, and how much you may',
    answer: { status: 200, description: 'Use and limits.', content: { 'application/json': usageSchema } },
    errors: ['unauthorized', ...outages],
  },
  {
    ...shared,
    path: '/v1/certificates',
    id: 'listCertificates',
    summary: 'List your certificates, the latest expiry first',
    parameters: [
      ...pageParameters,
      time('expires_from', 'Only those that expire at or after this time.'),
      time('expires_before', 'Only those that expire before this time.'),
    ],
    answer: {
      status: 200,
      description: 'A page of them.',
      content: { 'application/json': certificatePageSchema },
    },
    errors: ['unauthorized', 'bad_request', ...outages],
  },
];
