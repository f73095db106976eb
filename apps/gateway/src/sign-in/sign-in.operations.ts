import { type Operation, outages } from '../openapi/operation.js';

const shared = { tag: 'account' } as const;
const away = { status: 303, content: {}, headers: { Location: 'Where the browser goes next.' } } as const;

export const signInOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'GET',
    path: '/v1/sign-in',
    id: 'listIdentityProviders',
    summary: 'With whom one can sign in',
    answer: {
      status: 200,
      description: 'The identity providers.',
      content: {
        'application/json': {
          type: 'object',
          required: ['providers'],
          properties: {
            providers: {
              type: 'array',
              items: {
                type: 'object',
                required: ['id', 'name', 'url'],
                properties: { id: { type: 'string' }, name: { type: 'string' }, url: { type: 'string' } },
              },
            },
          },
        },
      },
    },
    errors: [],
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/sign-in/{provider}',
    id: 'signIn',
    summary: 'Sign in with a browser',
    description: 'OpenID Connect authorization code flow with PKCE.',
    parameters: [
      { name: 'provider', in: 'path', description: 'Its id.', schema: { type: 'string' } },
      { name: 'return_to', in: 'query', description: 'Path to end at.', schema: { type: 'string' } },
    ],
    answer: { ...away, description: 'To the identity provider.' },
    errors: ['bad_path', 'service_unavailable'],
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/sign-in/callback',
    id: 'finishSignIn',
    summary: 'Where identity providers send browsers back to',
    answer: { ...away, description: 'Back to the pages, with a session or with why there is none.' },
    errors: [...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: '/v1/sign-out',
    id: 'signOut',
    summary: 'End the session',
    access: ['owner', 'visitor'],
    answer: {
      status: 200,
      description: 'It has ended.',
      content: {
        'application/json': {
          type: 'object',
          required: ['status'],
          properties: { status: { const: 'signed_out' } },
        },
      },
    },
    errors: ['unauthorized', 'cross_site', ...outages],
  },
];
