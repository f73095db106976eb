import type { SigningMode } from '../auth/principal.js';
import { signingModes } from '../auth/principal.js';
import { type NameConstraintsJson, nameConstraintsSchema } from '../customer/customer.schema.js';
import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

const uuid = { type: 'string', format: 'uuid' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const label = { type: 'string', minLength: 1, maxLength: 100, pattern: '^[ -~]+$' } as const;
const modes = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', enum: signingModes },
} as const;

export interface NewPermissionBody {
  readonly label: string;
  readonly modes: readonly SigningMode[];
}

export const newPermissionSchema = {
  type: 'object',
  required: ['label', 'modes'],
  additionalProperties: false,
  properties: { label, modes: { ...modes, description: 'Of your intermediate.' } },
} as const satisfies JsonSchema;
export const validateNewPermission = bodyValidator<NewPermissionBody>(newPermissionSchema);

export interface GrantBody {
  readonly modes: readonly SigningMode[];
}

export const grantSchema = {
  type: 'object',
  required: ['modes'],
  additionalProperties: false,
  properties: { modes },
} as const satisfies JsonSchema;
export const validateGrant = bodyValidator<GrantBody>(grantSchema);

export interface NewCredentialBody {
  readonly permission_id?: string;
  readonly modes?: readonly SigningMode[];
  readonly label?: string;
  readonly expires_at?: string;
  readonly max_ttl?: string;
  readonly name_constraints?: NameConstraintsJson;
  readonly source_networks?: readonly string[];
}

export const newCredentialSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    permission_id: {
      type: 'string',
      description: 'The permission that it proves. Either this or modes.',
    },
    modes: {
      ...modes,
      description: 'Instead of permission_id: the permission for just these modes of your intermediate.',
    },
    label: { ...label, description: 'For people to tell credentials apart.' },
    expires_at: { type: 'string', description: 'When it stops by itself (RFC 3339).' },
    max_ttl: { type: 'string', description: 'Longest lifetime of its certificates, for example 7d.' },
    name_constraints: nameConstraintsSchema,
    source_networks: {
      type: 'array',
      maxItems: 64,
      items: { type: 'string', maxLength: 49 },
      description: 'Addresses in CIDR notation from which it is taken; from anywhere when empty.',
    },
  },
} as const satisfies JsonSchema;
export const validateNewCredential = bodyValidator<NewCredentialBody>(newCredentialSchema);

const grants = {
  type: 'array',
  items: {
    type: 'object',
    required: ['cert_id', 'label', 'modes'],
    additionalProperties: false,
    properties: { cert_id: uuid, label: { type: 'string' }, modes },
  },
} as const;

export const permissionSchema = {
  type: 'object',
  required: ['permission_id', 'label', 'created_at', 'signing_certs'],
  additionalProperties: false,
  properties: { permission_id: uuid, label: { type: 'string' }, created_at: time, signing_certs: grants },
} as const satisfies JsonSchema;

export const permissionListSchema = {
  type: 'object',
  required: ['permissions'],
  additionalProperties: false,
  properties: { permissions: { type: 'array', items: permissionSchema } },
} as const satisfies JsonSchema;

export const signingCertListSchema = {
  type: 'object',
  required: ['signing_certs'],
  additionalProperties: false,
  properties: {
    signing_certs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['cert_id', 'label', 'created_at'],
        additionalProperties: false,
        properties: { cert_id: uuid, label: { type: 'string' }, created_at: time },
      },
    },
  },
} as const satisfies JsonSchema;

const credentialProperties = {
  credential_id: uuid,
  permission_id: uuid,
  label: { type: 'string' },
  status: { type: 'string', enum: ['active', 'expired', 'revoked'] },
  signing_certs: grants,
  created_at: time,
  expires_at: { ...time, type: ['string', 'null'] },
  revoked_at: { ...time, type: ['string', 'null'] },
  last_used_at: { ...time, type: ['string', 'null'], description: 'Some seconds late; null when never.' },
  max_ttl_seconds: { type: ['integer', 'null'] },
  name_constraints: { ...nameConstraintsSchema, type: ['object', 'null'] },
  source_networks: { type: 'array', items: { type: 'string' } },
} as const;

export const credentialSchema = {
  type: 'object',
  required: Object.keys(credentialProperties),
  additionalProperties: false,
  properties: credentialProperties,
} satisfies JsonSchema;

export const newCredentialAnswerSchema = {
  type: 'object',
  required: [...credentialSchema.required, 'cert_id', 'bearer'],
  additionalProperties: false,
  properties: {
    ...credentialProperties,
    cert_id: { ...uuid, description: 'The signing cert to name in requests.' },
    bearer: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'Shown this once; only its hash is kept.',
    },
  },
} satisfies JsonSchema;

export const credentialPageSchema = {
  type: 'object',
  required: ['credentials', 'next_page_token'],
  additionalProperties: false,
  properties: {
    credentials: { type: 'array', items: credentialSchema },
    next_page_token: { type: ['string', 'null'], description: 'For the next page; null on the last.' },
  },
} satisfies JsonSchema;
