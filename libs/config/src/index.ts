export { allOptions, type DocumentedOption } from './all-options.js';
export { configurationMarkdown } from './configuration-markdown.js';
export type { Environment } from './environment.js';
export { kmsEnvironment } from './kms-environment.js';
export { type LoadOptions, loadConfig } from './load-config.js';
export {
  type BillingConfig,
  type CliConfig,
  type ConfigOf,
  type DatabaseConfig,
  type GatewayConfig,
  type IssuerConfig,
  type KmsConfig,
  type NatsConfig,
  type OperationsConfig,
  type ProcessName,
  type ProvisionerConfig,
  type RevocationConfig,
  type Schemas,
  type ServiceName,
  type StandaloneConfig,
  schemas,
  serviceNames,
} from './schemas.js';
export { type IdentityProviderConfig, identityProvidersText } from './sign-in.options.js';
export { ConfigError, StartError } from './start-error.js';
