import { mintBodySchema } from '../mint/mint.schema.js';
import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

/** The body of `/v1/sign-leaf` and `/v1/cross-sign` (specification 2 §2). */
export interface ScopedMintBody {
  readonly version: 'v1';
  readonly cert_id: string;
  readonly csr_pems: readonly string[];
  readonly ttl?: string;
}

const { version, csr_pems } = mintBodySchema.properties;

export const scopedMintBodySchema = {
  type: 'object',
  required: ['version', 'cert_id', 'csr_pems'],
  additionalProperties: false,
  properties: {
    version,
    cert_id: { type: 'string', description: 'Id of the signing cert that shall sign.' },
    csr_pems,
    ttl: {
      type: 'string',
      description: 'Lifetime: 1d, 7d, 14d, 30d, 90d, or a Go duration from 1h to 2160h such as 36h or 1h30m.',
    },
  },
} as const satisfies JsonSchema;

/** As with a mint: `bad_count`, `bad_ttl`, and `bad_request` for all else. */
export const validateScopedMintBody = bodyValidator<ScopedMintBody>(
  scopedMintBodySchema,
  (where, keyword) => {
    if (where === '/ttl') return 'bad_ttl';
    return keyword === 'minItems' || keyword === 'maxItems' ? 'bad_count' : 'bad_request';
  },
);
