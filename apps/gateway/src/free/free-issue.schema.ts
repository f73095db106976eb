import { mintAnswerSchema } from '../mint/mint.schema.js';
import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

/** The JSON envelope of the Free tier (specification 3). */
export interface FreeIssueBody {
  readonly version: 'v1';
  readonly csr_pem: string;
  readonly ttl?: string;
}

export const freeIssueBodySchema = {
  type: 'object',
  required: ['version', 'csr_pem'],
  additionalProperties: false,
  properties: {
    version: { type: 'string', const: 'v1' },
    csr_pem: { type: 'string', description: 'One PKCS#10 request in PEM.' },
    ttl: {
      type: 'string',
      description: 'Lifetime: 1h, 1d, 7d, 14d or 30d; where the path has one, both must be equally long.',
    },
  },
} as const satisfies JsonSchema;

export const validateFreeIssueBody = bodyValidator<FreeIssueBody>(freeIssueBodySchema, (where) =>
  where === '/ttl' ? 'bad_ttl' : 'bad_request',
);

const { properties, required } = mintAnswerSchema.properties.certs.items;

export const freeIssueAnswerSchema = {
  type: 'object',
  required: [...required, 'chain'],
  additionalProperties: false,
  properties: { ...properties, chain: mintAnswerSchema.properties.chain },
} as const satisfies JsonSchema;
