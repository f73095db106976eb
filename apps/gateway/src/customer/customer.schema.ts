import { mostCrlShards } from '#libs/x509';
import type { CustomerStanding, CustomerTier } from '../auth/principal.js';
import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

export const algorithmNames = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type AlgorithmName = (typeof algorithmNames)[number];

const constraintNames = [
  'permitted_dns',
  'excluded_dns',
  'permitted_ip',
  'excluded_ip',
  'permitted_email',
  'excluded_email',
  'permitted_uri',
  'excluded_uri',
] as const;
export type NameConstraintsJson = Partial<Record<(typeof constraintNames)[number], readonly string[]>>;

const names = {
  type: 'array',
  maxItems: 100,
  items: { type: 'string', minLength: 1, maxLength: 253 },
} as const;
export const nameConstraintsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(constraintNames.map((name) => [name, names])),
  description: 'RFC 5280 §4.2.1.10; IP ranges in CIDR notation. Absent or empty lists constrain nothing.',
} as const satisfies JsonSchema;

export interface NewCustomerBody {
  readonly handle: string;
  readonly tier?: CustomerTier;
  readonly root_algorithm?: AlgorithmName;
  readonly intermediate_algorithm?: AlgorithmName;
  readonly name_constraints?: NameConstraintsJson;
  readonly crl_shards?: number;
  readonly external_root?: boolean;
  readonly key_home?: string;
}

export const newCustomerSchema = {
  type: 'object',
  required: ['handle'],
  additionalProperties: false,
  properties: {
    handle: {
      type: 'string',
      description:
        '1 to 40 lower-case letters, digits and single hyphens; not a reserved word, not a duration.',
    },
    tier: {
      type: 'string',
      enum: ['dev', 'free'],
      default: 'dev',
      description: 'dev: a CA of its own; free: the CA that all Free customers share.',
    },
    root_algorithm: { type: 'string', enum: algorithmNames, default: 'P-384' },
    intermediate_algorithm: { type: 'string', enum: algorithmNames, default: 'P-256' },
    name_constraints: nameConstraintsSchema,
    crl_shards: {
      type: 'integer',
      minimum: 1,
      maximum: mostCrlShards,
      default: 1,
      description:
        'Parts of the CRL; certificates name theirs, so it is fixed. 1024 for millions of revocations.',
    },
    external_root: {
      type: 'boolean',
      default: false,
      description:
        'Makes no root: one of the customer’s own signs the intermediate, see requestCa and importCa.',
    },
    key_home: {
      type: 'string',
      minLength: 1,
      maxLength: 2_000,
      description: 'Where the keys are made, for example in the customer’s own account; see the page on KMS.',
    },
  },
} as const satisfies JsonSchema;
export const validateNewCustomer = bodyValidator<NewCustomerBody>(newCustomerSchema);

export interface LimitsBody {
  readonly per_minute?: number | null;
  readonly per_month?: number | null;
}

const limit = { type: ['integer', 'null'], minimum: 0, maximum: 1_000_000_000 } as const;

export const limitsSchema = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    per_minute: { ...limit, description: 'Certificates in any 60 seconds; null for unlimited.' },
    per_month: { ...limit, description: 'Certificates in a calendar month (UTC); null for unlimited.' },
  },
  description: 'A limit that is not given stays as it is.',
} as const satisfies JsonSchema;
export const validateLimits = bodyValidator<LimitsBody>(limitsSchema);

export interface PlanBody {
  readonly plan: 'free' | 'mint_pack';
}

export const planSchema = {
  type: 'object',
  required: ['plan'],
  additionalProperties: false,
  properties: {
    plan: {
      type: 'string',
      enum: ['free', 'mint_pack'],
      description: 'free: 25 certificates ever; mint_pack: as many as one wants.',
    },
  },
} as const satisfies JsonSchema;
export const validatePlan = bodyValidator<PlanBody>(planSchema);

/** Why a customer's key does not sign. */
export interface KeyProblemJson {
  readonly key: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
  readonly last_at: string;
}

/** A customer as the operator sees it. */
export interface CustomerJson {
  readonly handle: string;
  readonly id: string;
  readonly status: CustomerStanding;
  readonly tier: CustomerTier;
  readonly created_at: string;
  readonly activated_at: string | null;
  readonly root_algorithm: AlgorithmName;
  readonly intermediate_algorithm: AlgorithmName;
  readonly name_constraints: NameConstraintsJson | null;
  readonly external_root: boolean;
  readonly key_home: string | null;
  readonly mint_url: string;
  readonly pki_url: string;
  readonly ceremony_step: string | null;
  readonly ceremony_problem: string | null;
  readonly limits?: {
    readonly per_minute: number | null;
    readonly per_month: number | null;
    readonly lifetime: number | null;
    readonly per_ttl: number | null;
  };
  readonly used?: {
    readonly this_minute: number;
    readonly this_month: number;
    readonly lifetime: number;
    readonly month_resets_at: string;
  };
  readonly key_problem?: KeyProblemJson | null;
}

const time = { type: 'string', format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

const customerProperties = {
  handle: { type: 'string' },
  id: { type: 'string', format: 'uuid' },
  status: { type: 'string', enum: ['provisioning', 'active', 'suspended'] },
  tier: { type: 'string', enum: ['dev', 'free'] },
  created_at: time,
  activated_at: { ...time, type: ['string', 'null'], description: 'When its CA was ready; null until then.' },
  root_algorithm: { type: 'string', enum: algorithmNames },
  intermediate_algorithm: { type: 'string', enum: algorithmNames },
  name_constraints: { ...nameConstraintsSchema, type: ['object', 'null'] },
  external_root: { type: 'boolean', description: 'Whether a root of the customer’s own signs.' },
  key_home: { type: ['string', 'null'], description: 'Where its keys are; null for the default.' },
  mint_url: { type: 'string', format: 'uri' },
  pki_url: {
    type: 'string',
    format: 'uri',
    description: 'Below it: /ca/root.pem, /cert/<serial> and so on.',
  },
  ceremony_step: { type: ['string', 'null'], description: 'Where the ceremony is, while there is one.' },
  ceremony_problem: { type: ['string', 'null'], description: 'Why the ceremony is being tried again.' },
  limits: {
    type: 'object',
    required: ['per_minute', 'per_month', 'lifetime', 'per_ttl'],
    additionalProperties: false,
    properties: {
      ...limitsSchema.properties,
      lifetime: { ...limit, description: 'Certificates ever; null for unlimited.' },
      per_ttl: {
        ...limit,
        description: 'Certificates ever of each bucket of lifetimes; null for unlimited.',
      },
    },
    description: 'What is enforced. Absent in lists, and while the issuer cannot be asked.',
  },
  used: {
    type: 'object',
    required: ['this_minute', 'this_month', 'lifetime', 'month_resets_at'],
    additionalProperties: false,
    properties: { this_minute: count, this_month: count, lifetime: count, month_resets_at: time },
    description: 'Certificates counted against the limits. Absent where limits is.',
  },
  key_problem: {
    type: ['object', 'null'],
    required: ['key', 'reason', 'message', 'since', 'last_at'],
    additionalProperties: false,
    properties: {
      key: { type: 'string', description: 'Reference of the key that was asked.' },
      reason: { type: 'string', description: 'For example permission_denied, key_disabled, unreachable.' },
      message: { type: 'string', description: 'What the key management service said.' },
      since: { ...time, description: 'The first failure since it signed.' },
      last_at: { ...time, description: 'The latest failure, to ten seconds.' },
    },
    description: 'Why its key does not sign; null while it does. Absent where limits is.',
  },
} as const;

const customerRequired = Object.keys(customerProperties).filter(
  (name) => name !== 'limits' && name !== 'used' && name !== 'key_problem',
);

export const customerSchema = {
  type: 'object',
  required: customerRequired,
  additionalProperties: false,
  properties: customerProperties,
} satisfies JsonSchema;

export const customerWithBearerSchema = {
  type: 'object',
  required: [...customerRequired, 'bearer'],
  additionalProperties: false,
  properties: {
    ...customerProperties,
    bearer: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'Shown this once; only its hash is kept.',
    },
  },
} satisfies JsonSchema;

export const customerPageSchema = {
  type: 'object',
  required: ['customers', 'next_page_token'],
  additionalProperties: false,
  properties: {
    customers: { type: 'array', items: customerSchema },
    next_page_token: { type: ['string', 'null'], description: 'For the next page; null on the last.' },
  },
} satisfies JsonSchema;
