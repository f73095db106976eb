import { type Operation, outages } from '../openapi/operation.js';
import { accountSchema, signUpSchema, whoSchema } from './sign-up.schema.js';

const shared = { tag: 'account' } as const;

export const signUpOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'POST',
    path: '/v1/signup',
    id: 'signUp',
    summary: 'Take a handle',
    description: 'Binds whoever is signed in to a handle, first come. The account is Free at once.',
    access: ['owner', 'visitor'],
    request: { 'application/json': signUpSchema },
    answer: { status: 201, description: 'The account.', content: { 'application/json': accountSchema } },
    errors: [
      ...(['unauthorized', 'cross_site', 'body_too_large', 'unsupported_media_type', 'bad_request'] as const),
      ...(['bad_handle', 'customer_exists', 'already_signed_up', 'sign_in_refused'] as const),
      ...outages,
    ],
  },
  {
    ...shared,
    method: 'POST',
    path: '/v1/bearer/claim',
    id: 'claimBearer',
    summary: 'Claim the master bearer, once',
    access: ['owner'],
    answer: {
      status: 200,
      description: 'The bearer, which is shown this once.',
      content: {
        'application/json': {
          type: 'object',
          required: ['handle', 'bearer'],
          properties: {
            handle: { type: 'string' },
            bearer: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
          },
        },
      },
    },
    errors: ['unauthorized', 'cross_site', 'already_claimed', 'sign_in_refused', ...outages],
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/account',
    id: 'showAccount',
    summary: 'Who is signed in, and the account',
    access: ['owner', 'visitor'],
    answer: { status: 200, description: 'Both.', content: { 'application/json': whoSchema } },
    errors: ['unauthorized', 'sign_in_refused', ...outages],
  },
];
