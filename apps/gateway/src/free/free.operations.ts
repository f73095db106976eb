import { idempotencyKey, issuingErrors, mintAnswer } from '../mint/mint.operations.js';
import { jsonType, pemType } from '../mint/mint-request.js';
import { type Operation, textFile } from '../openapi/operation.js';
import { freeIssueAnswerSchema, freeIssueBodySchema } from './free-issue.schema.js';

const shared = {
  method: 'POST',
  tag: 'mint',
  access: ['bearer'],
  tier: 'free',
  answer: {
    ...mintAnswer,
    description: 'The certificate.',
    content: { 'application/json': freeIssueAnswerSchema },
  },
} as const satisfies Partial<Operation>;

export const freeOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/{ttl}/v1/free/issue',
    id: 'freeIssueWithTtl',
    summary: 'Issue one certificate on the Free tier',
    description: 'Every name of the CSR must lie under `<handle>.leaf.<base domain>`.',
    parameters: [
      { name: 'ttl', in: 'path', description: '1h, 1d, 7d, 14d or 30d.', schema: { type: 'string' } },
      idempotencyKey,
    ],
    request: { [jsonType]: freeIssueBodySchema, [pemType]: textFile },
    errors: [...issuingErrors, 'bad_path', 'ttl_mismatch'],
  },
  {
    ...shared,
    path: '/v1/free/issue',
    id: 'freeIssue',
    summary: 'Issue one certificate on the Free tier, with the lifetime in the body',
    parameters: [idempotencyKey],
    request: { [jsonType]: freeIssueBodySchema },
    errors: [...issuingErrors.filter((code) => code !== 'bad_count'), 'bad_path'],
  },
];
