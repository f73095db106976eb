import { type ErrorCode, errors } from '#libs/errors';
import type { PrincipalKind } from '../auth/principal.js';
import type { JsonSchema } from '../problem/body-validator.js';
import type { Operation } from './operation.js';

export interface DocumentOptions {
  readonly operations: readonly Operation[];
  readonly version: string;
  /** Base URL that clients use. */
  readonly server: string;
}

type Json = Record<string, unknown>;

/** How each kind of principal shows itself. */
const securitySchemeOf = {
  bearer: 'bearer',
  credential: 'credential',
  owner: 'session',
  visitor: 'session',
  certificate: 'certificate',
  operator: 'operator',
} as const satisfies Record<PrincipalKind, string>;

/** OpenAPI 3.1 of the operations, with the very schemas that requests are checked against. */
export function openApiDocument({ operations, version, server }: DocumentOptions): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Stackrunner',
      version,
      summary: 'A certificate authority of your own.',
      description:
        'Every answer carries X-Request-Id; a request may bring its own. Every error is one envelope with a stable code.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server }],
    tags: [
      { name: 'mint', description: 'Certificates for your requests.' },
      { name: 'revocation', description: 'Ending certificates before their time.' },
      { name: 'pki', description: 'What relying parties need; public.' },
      { name: 'account', description: 'What a customer does with its own account.' },
      { name: 'operator', description: 'Customers and their limits.' },
      { name: 'service', description: 'The product itself.' },
    ],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: "The customer's master bearer." },
        credential: {
          type: 'http',
          scheme: 'bearer',
          description: 'A scoped credential; X-Mint-Credential carries it too.',
        },
        operator: { type: 'http', scheme: 'bearer', description: "The operator's token." },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-session',
          description: 'Of who has signed in.',
        },
        certificate: { type: 'mutualTLS', description: 'The birth certificate, at the mutual TLS listener.' },
      },
    },
  };
}

function describe(operation: Operation): Json {
  const { id, tag, summary, description, access = [], parameters, request, answer } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: [...new Set(access.map((kind) => securitySchemeOf[kind]))].map((scheme) => ({ [scheme]: [] })),
    ...(parameters && {
      parameters: parameters.map((each) => ({ ...each, ...(each.in === 'path' && { required: true }) })),
    }),
    ...(request && { requestBody: { required: true, content: contentOf(request) } }),
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: headersOf({ 'X-Request-Id': 'Names this request in logs.', ...answer.headers }),
        content: contentOf(answer.content),
      },
      ...errorResponses(operation.errors),
    },
  };
}

function contentOf(schemas: Readonly<Record<string, JsonSchema>>): Json {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
}

function headersOf(headers: Readonly<Record<string, string>>): Json {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return Object.fromEntries(described);
}

/** One response a status, whose schema lists the codes that it may have. */
function errorResponses(codes: readonly ErrorCode[]): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { http } = errors[code];
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, those]) => [
    status,
    {
      description: those.join(', '),
      headers: headersOf({ 'X-Request-Id': 'Names this request in logs.', ...errorHeaders(status) }),
      content: { 'application/json': { schema: envelopeSchema(those) } },
    },
  ]);
  return Object.fromEntries(responses);
}

function errorHeaders(status: number): Record<string, string> {
  switch (status) {
    case 401:
      return { 'WWW-Authenticate': 'Bearer.' };
    case 429:
    case 503:
      return { 'Retry-After': 'Seconds after which trying again is worth it.' };
    default:
      return {};
  }
}

/** The members that an error may have beside its code, by that code. */
const details: Partial<Record<ErrorCode, Json>> = {
  bad_request: { field: { type: 'string', description: 'What is wrong, for example csr_pems[3].' } },
  issue_failed: {
    failures: {
      type: 'array',
      items: {
        type: 'object',
        required: ['index', 'reason'],
        properties: { index: { type: 'integer', minimum: 0 }, reason: { type: 'string' } },
      },
      description: 'Every CSR that was refused, from 0, and why.',
    },
  },
  quota_exceeded: {
    limit: { type: 'integer', description: 'Certificates in a calendar month.' },
    used: { type: 'integer', description: 'Certificates in this one so far.' },
    resets_at: { type: 'string', format: 'date-time', description: 'When the next month begins.' },
  },
  rate_limited: {
    limit: { type: 'integer', description: 'Certificates in any 60 seconds.' },
    used: { type: 'integer', description: 'Certificates in the last 60 seconds.' },
  },
};

function envelopeSchema(codes: readonly ErrorCode[]): JsonSchema {
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'request_id'],
        properties: {
          code: { type: 'string', enum: codes },
          message: { type: 'string' },
          request_id: { type: 'string' },
          ...Object.assign({}, ...codes.map((code) => details[code] ?? {})),
        },
      },
    },
  };
}
