export { askUntil } from './ask-until.js';
export { borrowEnvironment } from './borrow-environment.js';
export { DebianPostgres, findDebianPostgres } from './debian-postgres.js';
export { FixedClock } from './fixed-clock.js';
export {
  type AwsDouble,
  type AzureDouble,
  type GoogleDouble,
  type KmsCall,
  type KmsDouble,
  type KmsDoubleOptions,
  type KmsFault,
  KmsFaults,
  type KmsQuotas,
  type SelfSigned,
  selfSigned,
  startAwsDouble,
  startAzureDouble,
  startGoogleDouble,
  startVaultDouble,
} from './kms/index.js';
export { type Ministack, startMinistack } from './ministack.js';
export { type Example, type ExampleCall, type ExampleOutcome, natsExample } from './nats-examples.js';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
export { type Account, type OidcIssuer, startOidcIssuer } from './oidc-issuer.js';
export { openssl, type TestChain, type TestCsr, type TestCsrOptions, type TestKeyType } from './openssl.js';
export { requireTool } from './require-tool.js';
export { restOf } from './rest-of-service.js';
export { type SharedPostgres, startSharedPostgres } from './shared-postgres.js';
export { type SoftHsm, type SoftHsmOptions, startSoftHsm } from './softhsm.js';
export { type TestDatabase, testDatabase } from './test-database.js';
export { startTokenIssuer, type TokenIssuer } from './token-issuer.js';
