import { idempotencyKey, issuingErrors, mintAnswer } from '../mint/mint.operations.js';
import { jsonType } from '../mint/mint-request.js';
import type { Operation } from '../openapi/operation.js';
import { scopedMintBodySchema } from './scoped-mint.schema.js';

const shared = {
  method: 'POST',
  tag: 'mint',
  access: ['credential'],
  tier: 'dev',
  parameters: [idempotencyKey],
  request: { [jsonType]: scopedMintBodySchema },
  answer: mintAnswer,
  errors: [...issuingErrors, 'bad_path', 'cert_not_allowed', 'mode_not_allowed'],
} as const satisfies Partial<Operation>;

export const scopedMintOperations: readonly Operation[] = [
  {
    ...shared,
    path: '/v1/sign-leaf',
    id: 'signLeaf',
    summary: 'Issue leaves that carry your own name',
    description:
      'Subject and subject alternative name are `<handle>.leaf.<base domain>`, whatever the CSR asks.',
  },
  {
    ...shared,
    path: '/v1/cross-sign',
    id: 'crossSign',
    summary: "Issue leaves that keep the CSR's names",
    description: 'Subject and subject alternative names are those of the CSR, to the byte.',
  },
];
