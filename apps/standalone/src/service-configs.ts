import type {
  BillingConfig,
  DatabaseConfig,
  GatewayConfig,
  IssuerConfig,
  KmsConfig,
  NatsConfig,
  ProvisionerConfig,
  RevocationConfig,
  ServiceName,
  StandaloneConfig,
} from '#libs/config';
import type { DataFolder } from './data-folder.js';
import { originOf } from './port-claims.js';

export interface ServiceConfigs {
  readonly gateway: GatewayConfig;
  readonly issuer: IssuerConfig;
  readonly provisioner: ProvisionerConfig;
  readonly revocation: RevocationConfig;
  readonly billing: BillingConfig;
}

export interface ServiceConfigSources {
  readonly config: StandaloneConfig;
  readonly folder: DataFolder;
  /** Connection string of a service's own role. */
  readonly databaseUrl: (service: ServiceName) => string;
  /** Base URL under which clients reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
}

/** The configuration of each service as its own process would read it. */
export function serviceConfigs(sources: ServiceConfigSources): ServiceConfigs {
  const { config, folder, publicUrl } = sources;
  const { operations, baseDomain, host, port, bodyLimit, keyPoolSize, orphanGraceHours } = config;
  const nats: NatsConfig = {
    url: 'nats://in-process',
    user: undefined,
    password: undefined,
    tlsCa: undefined,
    tlsCert: undefined,
    tlsKey: undefined,
  };
  const kms: KmsConfig = {
    ...config.kms,
    localDir: folder.keys,
    localKeyFile: folder.keyFile,
    localPassphrase: undefined,
  };
  const pkiUrl = config.pkiUrl ?? `${publicUrl.replace(/^https:/, 'http:')}/pki`;
  const shared = (service: ServiceName, poolSize: number) => {
    const database: DatabaseConfig = {
      url: sources.databaseUrl(service),
      poolSize,
      statementTimeoutMs: 5_000,
      migrateUrl: undefined,
    };
    return { operations, nats, database };
  };
  return {
    gateway: {
      ...shared('gateway', 4),
      host,
      port,
      bodyLimit,
      publicUrl,
      pkiUrl,
      baseDomain,
      operatorToken: folder.operatorToken,
      statusUrl: originOf(config.statusHost, config.statusPort),
    },
    issuer: {
      ...shared('issuer', 6),
      ...{ kms, workers: 0, pkiUrl, baseDomain, shortLivedTtl: config.shortLivedTtl },
    },
    provisioner: { ...shared('provisioner', 4), kms, pkiUrl, keyPoolSize, orphanGraceHours },
    revocation: {
      ...shared('revocation', 6),
      ...{ kms, pkiUrl, statusHost: config.statusHost, statusPort: config.statusPort },
      ...{ crlInterval: 3_600, ocspResponses: 100_000, recordDir: folder.revocations },
    },
    billing: shared('billing', 3),
  };
}
