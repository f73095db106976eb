import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

const time = { type: 'string', format: 'date-time' } as const;
const generation = { type: 'integer', minimum: 1 } as const;
const keyRef = {
  type: 'string',
  minLength: 1,
  maxLength: 1_024,
  description: 'Names a key of a key management service, for example `local:dev-acme-intermediate`.',
} as const;

export interface RotateBody {
  readonly now?: boolean;
  readonly dry_run?: boolean;
}

export const rotateSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    now: { type: 'boolean', default: false, description: 'Also before the rotation is due.' },
    dry_run: { type: 'boolean', default: false, description: 'Tells what would be done, and does nothing.' },
  },
} as const satisfies JsonSchema;
export const validateRotate = bodyValidator<RotateBody>(rotateSchema);

export interface ImportBody {
  readonly certificates_pem: string;
  readonly key_ref?: string;
}

export const importSchema = {
  type: 'object',
  required: ['certificates_pem'],
  additionalProperties: false,
  properties: {
    certificates_pem: {
      type: 'string',
      minLength: 1,
      maxLength: 65_536,
      description: 'PEM: the intermediate, then the root that signed it.',
    },
    key_ref: { ...keyRef, description: 'A key that exists; without it, the key of the request.' },
  },
} as const satisfies JsonSchema;
export const validateImport = bodyValidator<ImportBody>(importSchema);

export interface RotationJson {
  readonly under_way: boolean;
  readonly generation: number;
  readonly next_generation: number;
  readonly due_at: string;
  readonly key_name: string;
  readonly steps: readonly string[];
  readonly retired_at: string;
}

export const rotationSchema = {
  type: 'object',
  required: ['under_way', 'generation', 'next_generation', 'due_at', 'key_name', 'steps', 'retired_at'],
  additionalProperties: false,
  properties: {
    under_way: { type: 'boolean', description: 'Whether a rotation is being done now.' },
    generation: { ...generation, description: 'What mints until the rotation has ended.' },
    next_generation: { ...generation, description: 'What mints afterwards.' },
    due_at: { ...time, description: 'When a rotation begins by itself.' },
    key_name: { type: 'string', description: "What the next intermediate's key is named." },
    steps: { type: 'array', items: { type: 'string' }, description: 'What a rotation does, in order.' },
    retired_at: {
      ...time,
      description: 'When nothing that the present intermediate has signed is valid, were it replaced now.',
    },
  },
} as const satisfies JsonSchema;

export interface CsrJson {
  readonly status: 'pending' | 'ready';
  readonly generation: number;
  readonly csr_pem: string | null;
  readonly key_ref: string | null;
}

export const csrSchema = {
  type: 'object',
  required: ['status', 'generation', 'csr_pem', 'key_ref'],
  additionalProperties: false,
  properties: {
    status: {
      type: 'string',
      enum: ['pending', 'ready'],
      description: 'Pending while the key is made: ask again.',
    },
    generation,
    csr_pem: { type: ['string', 'null'], description: 'PKCS#10, for the root that is to sign.' },
    key_ref: { ...keyRef, type: ['string', 'null'] },
  },
} as const satisfies JsonSchema;

export interface ImportedJson {
  readonly generation: number;
}

export const importedSchema = {
  type: 'object',
  required: ['generation'],
  additionalProperties: false,
  properties: { generation: { ...generation, description: 'What mints as soon as its ceremony has ended.' } },
} as const satisfies JsonSchema;

/** The file that `stackrunner ceremony verify` checks. */
export interface TranscriptJson {
  readonly format: 'stackrunner-transcript-1';
  readonly customer: string;
  readonly handle: string;
  readonly entries: readonly { readonly entry: string; readonly sha256: string }[];
  readonly artifacts: readonly { readonly name: string; readonly kind: string; readonly pem: string }[];
}

const text = { type: 'string' } as const;

export const transcriptSchema = {
  type: 'object',
  required: ['format', 'customer', 'handle', 'entries', 'artifacts'],
  additionalProperties: false,
  properties: {
    format: { const: 'stackrunner-transcript-1' },
    customer: { type: 'string', format: 'uuid' },
    handle: text,
    entries: {
      type: 'array',
      description: 'In order; each names the hash of the one before.',
      items: {
        type: 'object',
        required: ['entry', 'sha256'],
        additionalProperties: false,
        properties: {
          entry: { type: 'string', description: 'JSON, octet by octet as it was hashed.' },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
      },
    },
    artifacts: {
      type: 'array',
      description: 'What the entries name by the SHA-256 of its DER.',
      items: {
        type: 'object',
        required: ['name', 'kind', 'pem'],
        additionalProperties: false,
        properties: { name: text, kind: text, pem: text },
      },
    },
  },
} as const satisfies JsonSchema;
