import { kmsEnvironment, type ServiceName, type StandaloneConfig } from '#libs/config';
import type { EmbeddedPostgres } from '#libs/database';
import type { DataFolder } from '../data-folder.js';
import { originOf } from '../port-claims.js';

export interface EnvironmentSources {
  readonly config: StandaloneConfig;
  readonly folder: DataFolder;
  readonly postgres: EmbeddedPostgres;
  readonly natsUrl: string;
  readonly natsPasswords: Readonly<Record<ServiceName, string>>;
  readonly metricsPorts: Readonly<Record<ServiceName, number>>;
  /** Base URL under which clients reach the gateway. */
  readonly publicUrl: string;
}

export type Environment = Readonly<Record<string, string>>;

/** What a cluster would give each service: `STACKRUNNER_*` and what reaches CA keys, and only what that service reads. */
export function serviceEnvironments(sources: EnvironmentSources): Readonly<Record<ServiceName, Environment>> {
  const { config, folder, postgres, publicUrl } = sources;
  const { operations } = config;
  const shared = (service: ServiceName): Environment => ({
    STACKRUNNER_DATABASE_URL: postgres.url(service),
    STACKRUNNER_MIGRATE_DATABASE_URL: postgres.ownerUrl(),
    STACKRUNNER_NATS_URL: sources.natsUrl,
    STACKRUNNER_NATS_USER: service,
    STACKRUNNER_NATS_PASSWORD: sources.natsPasswords[service],
    STACKRUNNER_METRICS_HOST: operations.host,
    STACKRUNNER_METRICS_PORT: String(sources.metricsPorts[service]),
    STACKRUNNER_LOG_LEVEL: operations.logLevel,
    ...(operations.otlpEndpoint ? { STACKRUNNER_OTLP_ENDPOINT: operations.otlpEndpoint } : {}),
  });
  const kms: Environment = {
    ...kmsEnvironment(),
    STACKRUNNER_KMS: config.kms.backend,
    STACKRUNNER_KMS_LOCAL_DIR: folder.keys,
    STACKRUNNER_KMS_LOCAL_KEY_FILE: folder.keyFile,
  };
  const pki: Environment = {
    STACKRUNNER_PKI_URL: config.pkiUrl ?? `${publicUrl.replace(/^https:/, 'http:')}/pki`,
  };
  const domain: Environment = { STACKRUNNER_BASE_DOMAIN: config.baseDomain };
  return {
    gateway: {
      ...shared('gateway'),
      ...pki,
      ...domain,
      STACKRUNNER_HOST: config.host,
      STACKRUNNER_PORT: String(config.port),
      STACKRUNNER_PUBLIC_URL: publicUrl,
      STACKRUNNER_BODY_LIMIT: String(config.bodyLimit),
      STACKRUNNER_OPERATOR_TOKEN: folder.operatorToken,
      STACKRUNNER_STATUS_URL: originOf(config.statusHost, config.statusPort),
    },
    issuer: {
      ...shared('issuer'),
      ...kms,
      ...pki,
      ...domain,
      STACKRUNNER_ISSUER_WORKERS: String(config.workers),
      STACKRUNNER_SHORT_LIVED_TTL: String(config.shortLivedTtl),
    },
    provisioner: {
      ...shared('provisioner'),
      ...kms,
      ...pki,
      STACKRUNNER_KEY_POOL_SIZE: String(config.keyPoolSize),
      STACKRUNNER_ORPHAN_GRACE_HOURS: String(config.orphanGraceHours),
    },
    revocation: {
      ...shared('revocation'),
      ...kms,
      ...pki,
      STACKRUNNER_STATUS_HOST: config.statusHost,
      STACKRUNNER_STATUS_PORT: String(config.statusPort),
      STACKRUNNER_REVOCATION_RECORD_DIR: folder.revocations,
    },
    billing: shared('billing'),
  };
}
