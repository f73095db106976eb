import type { CustomerStanding, CustomerTier } from '../auth/principal.js';
import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

export interface SignUpBody {
  readonly handle: string;
  readonly tier: CustomerTier;
}

export const signUpSchema = {
  type: 'object',
  required: ['handle', 'tier'],
  additionalProperties: false,
  properties: {
    handle: {
      type: 'string',
      description: '3 to 32 of a-z, 0-9 and -; neither reserved nor like a handle that is taken.',
    },
    tier: {
      enum: ['free', 'dev'],
      description: 'dev begins as free; billing or an operator promotes it.',
    },
  },
} as const satisfies JsonSchema;

export const validateSignUp = bodyValidator<SignUpBody>(signUpSchema, (where) =>
  where === '/handle' ? 'bad_handle' : 'bad_request',
);

/** An account as its owner sees it. */
export interface AccountJson {
  readonly id: string;
  readonly handle: string;
  readonly tier: CustomerTier;
  readonly wanted_tier: CustomerTier;
  readonly status: CustomerStanding;
  /** The ceremony's current step while the CA is being made. */
  readonly ceremony_step: string | null;
  readonly bearer_claimed_at: string | null;
  readonly mint_url: string;
  readonly pki_url: string;
}

export interface WhoJson {
  readonly person: { readonly email: string; readonly name: string | null; readonly issuer: string };
  readonly account: AccountJson | null;
}

const tier = { enum: ['free', 'dev'] } as const;
const nullableText = { type: ['string', 'null'] } as const;

export const accountSchema = {
  type: 'object',
  required: [
    'id',
    'handle',
    'tier',
    'wanted_tier',
    'status',
    'ceremony_step',
    'bearer_claimed_at',
    'mint_url',
    'pki_url',
  ],
  properties: {
    id: { type: 'string', format: 'uuid' },
    handle: { type: 'string' },
    tier,
    wanted_tier: { ...tier, description: 'What was asked for at sign-up.' },
    status: { enum: ['provisioning', 'active', 'suspended'] },
    ceremony_step: { ...nullableText, description: 'Where the making of the CA is.' },
    bearer_claimed_at: { ...nullableText, format: 'date-time' },
    mint_url: { type: 'string' },
    pki_url: { type: 'string' },
  },
} as const satisfies JsonSchema;

export const whoSchema = {
  type: 'object',
  required: ['person', 'account'],
  properties: {
    person: {
      type: 'object',
      required: ['email', 'name', 'issuer'],
      properties: { email: { type: 'string' }, name: nullableText, issuer: { type: 'string' } },
    },
    account: { anyOf: [accountSchema, { type: 'null' }] },
  },
} as const satisfies JsonSchema;
