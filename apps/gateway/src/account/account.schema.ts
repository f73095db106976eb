import type { CustomerStanding, CustomerTier } from '../auth/principal.js';
import { type NameConstraintsJson, nameConstraintsSchema } from '../customer/customer.schema.js';
import type { JsonSchema } from '../problem/body-validator.js';

/** Who a request is from, in the words of the interface. */
export const credentialKinds = {
  bearer: 'master_bearer',
  credential: 'scoped_credential',
  owner: 'session',
  certificate: 'birth_certificate',
} as const;

export interface WhoamiJson {
  readonly kind: (typeof credentialKinds)[keyof typeof credentialKinds];
  readonly handle: string;
  readonly customer_id: string;
  readonly tier: CustomerTier;
  readonly status: CustomerStanding;
  readonly credential?: {
    readonly credential_id: string;
    readonly permission_id: string;
    readonly signing_certs: readonly { readonly cert_id: string; readonly modes: readonly string[] }[];
    readonly expires_at: string | null;
    readonly max_ttl_seconds: number | null;
    readonly name_constraints: NameConstraintsJson | null;
    readonly source_networks: readonly string[];
  };
  readonly email?: string;
  readonly fingerprint?: string;
}

const uuid = { type: 'string', format: 'uuid' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const limit = { type: ['integer', 'null'], description: 'null for unlimited.' } as const;

export const whoamiSchema = {
  type: 'object',
  required: ['kind', 'handle', 'customer_id', 'tier', 'status'],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', enum: Object.values(credentialKinds) },
    handle: text,
    customer_id: uuid,
    tier: { type: 'string', enum: ['dev', 'free'] },
    status: { type: 'string', enum: ['provisioning', 'active', 'suspended'] },
    credential: {
      type: 'object',
      required: [
        'credential_id',
        'permission_id',
        'signing_certs',
        'expires_at',
        'max_ttl_seconds',
        'name_constraints',
        'source_networks',
      ],
      additionalProperties: false,
      description: 'Of a scoped credential.',
      properties: {
        credential_id: uuid,
        permission_id: uuid,
        signing_certs: {
          type: 'array',
          items: {
            type: 'object',
            required: ['cert_id', 'modes'],
            additionalProperties: false,
            properties: { cert_id: uuid, modes: { type: 'array', items: text } },
          },
        },
        expires_at: { ...time, type: ['string', 'null'] },
        max_ttl_seconds: { type: ['integer', 'null'] },
        name_constraints: { ...nameConstraintsSchema, type: ['object', 'null'] },
        source_networks: { type: 'array', items: text },
      },
    },
    email: { ...text, description: 'Of who has signed in.' },
    fingerprint: { ...text, description: 'SHA-256 of the birth certificate.' },
  },
} as const satisfies JsonSchema;

const used = (properties: Record<string, JsonSchema> = {}) =>
  ({
    type: 'object',
    required: ['used', 'limit', ...Object.keys(properties)],
    additionalProperties: false,
    properties: { used: count, limit, ...properties },
  }) as const;

export const usageSchema = {
  type: 'object',
  required: ['minute', 'month', 'lifetime', 'per_ttl'],
  additionalProperties: false,
  properties: {
    minute: { ...used(), description: 'Certificates in the last 60 seconds.' },
    month: { ...used({ resets_at: time }), description: 'Certificates in this calendar month (UTC).' },
    lifetime: { ...used(), description: 'Certificates ever.' },
    per_ttl: {
      type: 'array',
      items: used({ ttl: text }),
      description: 'Certificates ever by lifetime; one between two buckets counts as the longer.',
    },
  },
} as const satisfies JsonSchema;

export const certificatePageSchema = {
  type: 'object',
  required: ['certificates', 'next_page_token'],
  additionalProperties: false,
  properties: {
    certificates: {
      type: 'array',
      items: {
        type: 'object',
        required: ['serial', 'fingerprint', 'issued_at', 'expires_at', 'cert_pem'],
        additionalProperties: false,
        properties: {
          serial: text,
          fingerprint: text,
          issued_at: time,
          expires_at: time,
          cert_pem: { ...text, description: 'The certificate in PEM.' },
        },
      },
    },
    next_page_token: { type: ['string', 'null'], description: 'For the next page; null on the last.' },
  },
} as const satisfies JsonSchema;
