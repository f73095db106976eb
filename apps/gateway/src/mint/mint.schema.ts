import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

/** Most CSRs in one request (specification 1, "Limits + rate caps"). */
export const largestBatch = 100;

/** The JSON envelope of both mint routes. */
export interface MintBody {
  readonly version: 'v1';
  readonly csr_pems: readonly string[];
  readonly ttl?: string;
  readonly handle?: string;
}

export const mintBodySchema = {
  type: 'object',
  required: ['version', 'csr_pems'],
  additionalProperties: false,
  properties: {
    version: { type: 'string', const: 'v1' },
    csr_pems: {
      type: 'array',
      minItems: 1,
      maxItems: largestBatch,
      items: { type: 'string' },
      description: 'PKCS#10 requests in PEM, one a string. All are issued, or none.',
    },
    ttl: {
      type: 'string',
      description:
        'Lifetime: 1d, 7d, 14d, 30d, 90d, or a Go duration from 1h to 2160h such as 36h or 1h30m. May be left out where the path has one; otherwise both must be equally long.',
    },
    handle: {
      type: 'string',
      description: 'Your handle; may be left out. It must be the one in the path.',
    },
  },
} as const satisfies JsonSchema;

/** A batch of the wrong size is `bad_count`, a lifetime that is no string `bad_ttl`, all else `bad_request`. */
export const validateMintBody = bodyValidator<MintBody>(mintBodySchema, (where, keyword) => {
  if (where === '/ttl') return 'bad_ttl';
  return keyword === 'minItems' || keyword === 'maxItems' ? 'bad_count' : 'bad_request';
});

const timestamp = { type: 'string', format: 'date-time', pattern: 'Z$' } as const;

export const mintAnswerSchema = {
  type: 'object',
  required: ['version', 'certs', 'chain'],
  additionalProperties: false,
  properties: {
    version: { type: 'string', const: 'v1' },
    certs: {
      type: 'array',
      minItems: 1,
      maxItems: largestBatch,
      description: 'In the order of the CSRs.',
      items: {
        type: 'object',
        required: ['cert_pem', 'serial', 'fingerprint', 'issued_at', 'expires_at'],
        additionalProperties: false,
        properties: {
          cert_pem: { type: 'string', description: 'The certificate in PEM.' },
          serial: { type: 'string', pattern: '^[0-9a-f]+$', description: 'Serial number in hexadecimal.' },
          fingerprint: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the DER.' },
          issued_at: { ...timestamp, description: 'notBefore: one minute before now, against clock skew.' },
          expires_at: { ...timestamp, description: 'notAfter: now plus the lifetime.' },
        },
      },
    },
    chain: { type: 'string', description: 'The intermediate, then the root, in PEM.' },
    batch_id: {
      type: 'string',
      pattern: '^[a-z0-9-]+-#[0-9]+$',
      description: 'Present when more than one certificate was asked for; counts up without gaps.',
    },
  },
} as const satisfies JsonSchema;
