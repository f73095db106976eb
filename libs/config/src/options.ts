import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { integer, option, url } from './option.js';

const port = integer(0, 65_535);
const baseDomain = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'must be a lower-case domain name without a trailing dot',
  );

/** Where a process listens for customers. */
export const listen = {
  host: option('HOST', z.string().min(1).default('127.0.0.1'), {
    description: 'Address that the HTTP interface listens on.',
  }),
  port: option('PORT', port.default(8080), {
    description: 'Port that the HTTP interface listens on; 0 takes a free one.',
  }),
  bodyLimit: option('BODY_LIMIT', integer(1_024, 67_108_864).default(1_048_576), {
    description: 'Largest request body in bytes; a larger one is answered with `413 body_too_large`.',
  }),
};

export const wrongCredentials = option('WRONG_CREDENTIALS', integer(1, 1_000_000).default(60), {
  description:
    'Wrong credentials that one address may show in a minute before they are answered with `429 rate_limited`; a right one always works.',
});

/** Where a gateway listens for clients that show a certificate. */
export const mutualTls = z.object({
  port: option('MTLS_PORT', port.optional(), {
    description:
      'Port of the listener where birth certificates authenticate, see [birth-certificates.md](birth-certificates.md); 0 takes a free one.',
    defaultText: 'off',
  }),
  certFile: option('MTLS_CERT', z.string().min(1).optional(), {
    description: "PEM file of that listener's own certificate and its chain.",
    defaultText: 'none; needed with `MTLS_PORT`',
  }),
  keyFile: option('MTLS_KEY', z.string().min(1).optional(), {
    description: 'PEM file of the key of that certificate.',
    defaultText: 'none; needed with `MTLS_PORT`',
  }),
});

/** Where CRLs and OCSP responses are served to relying parties. */
export const statusListen = {
  statusHost: option('STATUS_HOST', z.string().min(1).default('127.0.0.1'), {
    description: 'Address that CRL and OCSP are served on, to anyone.',
  }),
  statusPort: option('STATUS_PORT', port.default(8081), {
    description: 'Port that CRL and OCSP are served on; 0 takes a free one.',
  }),
};
export const statusUrl = option('STATUS_URL', url('http').default('http://127.0.0.1:8081'), {
  description:
    'Base URL of where the revocation service serves CRL and OCSP; what reaches the gateway under `/pki` is handed on to it.',
});
export const crlInterval = option('CRL_INTERVAL', integer(10, 43_200).default(3_600), {
  description:
    'Seconds between two scheduled CRLs of an intermediate; a revocation makes one at once, and each is valid for 24 hours.',
});
export const ocspResponses = option('OCSP_RESPONSES', integer(100, 10_000_000).default(200_000), {
  description: 'Most pre-signed OCSP responses that are kept in memory, at about 3 kB each.',
});

/** The names under which clients reach the product. */
export const publicUrl = option('PUBLIC_URL', url('http', 'https').optional(), {
  description: 'Base URL that clients use, without a trailing slash.',
  defaultText: '`http://HOST:PORT`',
});
export const pkiUrl = option('PKI_URL', url('http').optional(), {
  description:
    'Base URL of CRL, OCSP and issuer certificates; it is written into every certificate, so change it with care.',
  defaultText: '`PUBLIC_URL` with `http:`, then `/pki`',
});
export const requiredPkiUrl = option('PKI_URL', url('http'), {
  description:
    'Base URL of CRL, OCSP and issuer certificates; it is written into every certificate, so change it with care.',
});
export const domain = option('BASE_DOMAIN', baseDomain.default('stackrunner.localhost'), {
  description: 'Domain of host-based routes and of the names that leaf subjects carry.',
});
export const dataDir = option('DATA_DIR', z.string().min(1).default('.stackrunner'), {
  description: 'Folder of the embedded database, the CA keys and the operator token.',
});

export const operatorToken = option('OPERATOR_TOKEN', z.string().min(32), {
  description: 'Token of the operator interface, at least 32 characters.',
  secret: true,
});
export const optionalOperatorToken = option('OPERATOR_TOKEN', z.string().min(32).optional(), {
  description: 'Token of the operator interface, at least 32 characters.',
  defaultText: 'the file `operator.token` in `DATA_DIR`',
  secret: true,
});

/** Logs, metrics, health and traces: every service has them. */
export const operations = z.object({
  host: option('METRICS_HOST', z.string().min(1).default('127.0.0.1'), {
    description: 'Address that serves `/health`, `/ready` and `/metrics`.',
  }),
  port: option('METRICS_PORT', port.default(9464), {
    description: 'Port that serves `/health`, `/ready` and `/metrics`; 0 takes a free one.',
  }),
  logLevel: option(
    'LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    { description: 'Least severe level that is logged.' },
  ),
  otlpEndpoint: option('OTLP_ENDPOINT', url('http', 'https').optional(), {
    description: 'Base URL of an OpenTelemetry collector (OTLP over HTTP); traces are off without it.',
    defaultText: 'off',
  }),
});

/** One service's own role in PostgreSQL. */
export const database = z.object({
  url: option('DATABASE_URL', url('postgres', 'postgresql'), {
    description: "PostgreSQL, as the service's own role: `postgres://stackrunner_issuer:…@host/database`.",
    secret: true,
  }),
  poolSize: option('DATABASE_POOL', integer(1, 1_000).default(10), {
    description:
      'Most connections to PostgreSQL that serve requests; a process has a few more for events and health.',
  }),
  statementTimeoutMs: option('DATABASE_STATEMENT_TIMEOUT', integer(100, 600_000).default(5_000), {
    description: 'Milliseconds after which PostgreSQL gives up on one statement.',
  }),
  migrateUrl: option('MIGRATE_DATABASE_URL', url('postgres', 'postgresql').optional(), {
    description:
      'PostgreSQL, as the owner of the schemas. Where it is set, the service creates its role and brings its schema up to date before it starts; any number of replicas may do so at once.',
    defaultText: 'the service waits until its schema is current',
    secret: true,
  }),
});

/** How the services reach each other. */
export const nats = z.object({
  url: option('NATS_URL', url('nats', 'tls').default('nats://127.0.0.1:4222'), {
    description: 'NATS server.',
  }),
  user: option('NATS_USER', z.string().min(1).optional(), { description: 'NATS user.', defaultText: 'none' }),
  password: option('NATS_PASSWORD', z.string().min(1).optional(), {
    description: 'Password of the NATS user.',
    defaultText: 'none',
    secret: true,
  }),
  tlsCa: option('NATS_TLS_CA', z.string().min(1).optional(), {
    description: 'PEM file of the CAs that may vouch for the NATS server; turns TLS on.',
    defaultText: 'none',
  }),
  tlsCert: option('NATS_TLS_CERT', z.string().min(1).optional(), {
    description: 'PEM file of the client certificate for NATS.',
    defaultText: 'none',
  }),
  tlsKey: option('NATS_TLS_KEY', z.string().min(1).optional(), {
    description: 'PEM file of the key of the client certificate for NATS.',
    defaultText: 'none',
  }),
});

export const revocationRecordDir = option('REVOCATION_RECORD_DIR', z.string().min(1), {
  description:
    'Folder that remembers every revocation and the highest CRL number outside of the database, so that a restored backup cannot un-revoke. Keep it on another disk than the database and let it outlive both; replicas may share it.',
});

export const shortLivedTtl = option('SHORT_LIVED_TTL', integer(0, 7_776_000).default(3_600), {
  description:
    'Leaves with a TTL below so many seconds are short-lived: they name neither CRL nor OCSP and say so (RFC 9608). 0 for none.',
});

export const workers = option('ISSUER_WORKERS', integer(0, 256).default(availableParallelism()), {
  description: 'Threads that verify, build and sign certificates; 0 does it on the main thread.',
  defaultText: 'one a core',
});

export const processes = option('PROCESSES', integer(1, 256).default(availableParallelism()), {
  description: 'Processes of standalone that accept connections and mint.',
  defaultText: 'one a core',
});
