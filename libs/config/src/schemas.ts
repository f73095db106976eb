import { z } from 'zod';
import { kms, standaloneKms } from './kms-options.js';
import { option, url } from './option.js';
import {
  crlInterval,
  database,
  dataDir,
  domain,
  listen,
  mutualTls,
  nats,
  ocspResponses,
  operations,
  operatorToken,
  optionalOperatorToken,
  pkiUrl,
  processes,
  publicUrl,
  requiredPkiUrl,
  revocationRecordDir,
  shortLivedTtl,
  statusListen,
  statusUrl,
  workers,
  wrongCredentials,
} from './options.js';
import { keyCare } from './provisioner-options.js';
import { identityProviders, localIssuer, signInAllow } from './sign-in.options.js';

/** The options of every service process. */
const service = { operations, database, nats };

/** One schema a process: what it reads from its environment. */
export const schemas = {
  gateway: z.object({
    ...service,
    ...listen,
    publicUrl,
    pkiUrl,
    baseDomain: domain,
    operatorToken,
    statusUrl,
    ...{ identityProviders, signInAllow, mutualTls, wrongCredentials },
  }),
  issuer: z.object({ ...service, kms, workers, pkiUrl: requiredPkiUrl, baseDomain: domain, shortLivedTtl }),
  provisioner: z.object({ ...service, kms, pkiUrl: requiredPkiUrl, ...keyCare }),
  revocation: z.object({
    ...service,
    kms,
    pkiUrl: requiredPkiUrl,
    ...statusListen,
    crlInterval,
    ocspResponses,
    recordDir: revocationRecordDir,
  }),
  billing: z.object(service),
  standalone: z.object({
    ...listen,
    ...statusListen,
    operations,
    dataDir,
    kms: standaloneKms,
    ...keyCare,
    publicUrl,
    pkiUrl,
    baseDomain: domain,
    workers,
    shortLivedTtl,
    processes,
    operatorToken: optionalOperatorToken,
    ...{ identityProviders, signInAllow, localIssuer, mutualTls, wrongCredentials },
  }),
  cli: z.object({
    url: option('URL', url('http', 'https').default('http://127.0.0.1:8080'), {
      description: 'The product that the command line talks to.',
    }),
    dataDir,
    operatorToken: optionalOperatorToken,
    sessionFile: option('SESSION_FILE', z.string().min(1).optional(), {
      description: 'File in which `stackrunner login` keeps sessions.',
      defaultText: '`~/.config/stackrunner/sessions.json`',
    }),
    bearer: option('BEARER', z.string().min(1).optional(), {
      description: "A customer's bearer, for the command `mint`.",
      defaultText: 'the flag `--bearer-file`',
      secret: true,
    }),
  }),
} as const;

export type Schemas = typeof schemas;
export type ProcessName = keyof Schemas;
/** The five services; each has a schema and a role of its own in PostgreSQL. */
export const serviceNames = ['gateway', 'issuer', 'provisioner', 'revocation', 'billing'] as const;
export type ServiceName = (typeof serviceNames)[number];
export type ConfigOf<P extends ProcessName> = Readonly<z.output<Schemas[P]>>;

export type GatewayConfig = ConfigOf<'gateway'>;
export type IssuerConfig = ConfigOf<'issuer'>;
export type ProvisionerConfig = ConfigOf<'provisioner'>;
export type RevocationConfig = ConfigOf<'revocation'>;
export type BillingConfig = ConfigOf<'billing'>;
export type StandaloneConfig = ConfigOf<'standalone'>;
export type CliConfig = ConfigOf<'cli'>;
export type DatabaseConfig = IssuerConfig['database'];
export type NatsConfig = IssuerConfig['nats'];
export type OperationsConfig = IssuerConfig['operations'];
export type KmsConfig = IssuerConfig['kms'];
