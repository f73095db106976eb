import { create, toBinary } from '@bufbuild/protobuf';
import { NestFactory } from '@nestjs/core';
import type { GatewayConfig } from '#libs/config';
import {
  type Audited,
  CredentialChangedSchema,
  type Customer,
  CustomerChangedSchema,
  CustomerStatus,
} from '#libs/contracts';
import { createLogger, createRegistry, type Registry } from '#libs/observability';
import { createInProcessEventBus, createInProcessTransport, events } from '#libs/rpc';
import { systemClock } from '#libs/service';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { gatewayMigrations, type RunningGateway, startGateway } from '../gateway.module.js';
import { FakeProduct } from './fakes/fake-product.js';
import { FakeServicesModule, fakeControllers } from './fakes/fake-services.js';
import { type Answered, type Ask, ask } from './http-client.js';
import { type StatusDouble, startStatusDouble } from './status-double.js';

export const operatorToken = 'operator-token-of-the-tests-0123456789';
export const baseDomain = 'ca.test';
export const bodyLimit = 65_536;

/** A gateway as it runs, on a real database and a real port, with fakes of the services behind it. */
export interface GatewayUnderTest {
  readonly url: string;
  /** The listener of mutual TLS, where the test has asked for one. */
  readonly mutualTlsUrl: string | undefined;
  readonly product: FakeProduct;
  /** The listener of the revocation service. */
  readonly status: StatusDouble;
  readonly database: TestDatabase;
  readonly metrics: Registry;
  /** What the audit trail was told, in order. */
  readonly audited: readonly Audited[];
  /** Everything that was logged. */
  readonly log: () => string;
  readonly ask: (path: string, options?: Ask) => Promise<Answered>;
  readonly operate: (path: string, options?: Ask) => Promise<Answered>;
  /** A customer with a bearer and an active CA. */
  readonly customer: (handle: string) => Promise<{ customer: Customer; bearer: string }>;
  /** Tells every service of a change, as the provisioner's event does. */
  readonly tell: (customer: Customer) => Promise<void>;
  readonly tellCredential: (customerId: string) => Promise<void>;
  /** Another replica on the same database, transport and events. */
  readonly replica: () => Promise<RunningGateway>;
  /** Ends the gateway alone. */
  readonly stopGateway: () => Promise<void>;
  /** Takes the services behind the gateway away. */
  readonly stopServices: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startGatewayUnderTest(
  options: Partial<
    Pick<GatewayConfig, 'identityProviders' | 'publicUrl' | 'mutualTls' | 'wrongCredentials'>
  > = {},
): Promise<GatewayUnderTest> {
  const database = await testDatabase([gatewayMigrations]);
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger('gateway', 'debug', destination);
  const rpc = createInProcessTransport({ logger });
  const bus = createInProcessEventBus({ logger });
  const product = new FakeProduct();
  const audited: Audited[] = [];
  await bus.subscribe(events.audited, 'test', async (event) => {
    audited.push(event);
  });
  const services = await NestFactory.createMicroservice(
    {
      module: FakeServicesModule,
      controllers: fakeControllers,
      providers: [{ provide: FakeProduct, useValue: product }],
    },
    { strategy: rpc.server(), logger: false },
  );
  await services.listen();
  const status = await startStatusDouble();
  const config: GatewayConfig = {
    operations: { host: '127.0.0.1', port: 0, logLevel: 'debug', otlpEndpoint: undefined },
    database: { ...database.settings('gateway'), migrateUrl: undefined },
    nats: {
      url: 'nats://in-process',
      user: undefined,
      password: undefined,
      tlsCa: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
    },
    host: '127.0.0.1',
    port: 0,
    bodyLimit,
    publicUrl: options.publicUrl,
    pkiUrl: undefined,
    baseDomain,
    operatorToken,
    identityProviders: options.identityProviders ?? [],
    signInAllow: [],
    wrongCredentials: options.wrongCredentials ?? 1_000_000,
    mutualTls: options.mutualTls ?? { port: undefined, certFile: undefined, keyFile: undefined },
    statusUrl: status.url,
  };
  const replica = (metrics = createRegistry('gateway')) =>
    startGateway({ config, rpc, events: bus, clock: systemClock, logger, metrics });
  const metrics = createRegistry('gateway');
  const gateway = await replica(metrics);
  const { url, mutualTlsUrl } = gateway;

  let eventNumber = 0;
  const publish = (type: string, payload: Uint8Array) => {
    eventNumber += 1;
    return bus.publish(type, payload, `test-${eventNumber}`);
  };
  const tell = (customer: Customer) => {
    const message = create(CustomerChangedSchema, { customer });
    return publish(events.customerChanged.type, toBinary(CustomerChangedSchema, message));
  };
  const operate = (path: string, options: Ask = {}) => ask(url, path, { bearer: operatorToken, ...options });
  let stopping: Promise<void> | undefined;
  const stopGateway = () => {
    stopping ??= gateway.stop();
    return stopping;
  };
  return {
    url,
    mutualTlsUrl,
    product,
    status,
    database,
    metrics,
    audited,
    log: () => lines.join(''),
    ask: (path, options) => ask(url, path, options),
    operate,
    async customer(handle) {
      const created = await operate('/v1/admin/customers', { body: { handle } });
      const { bearer } = created.json<{ bearer: string }>();
      const customer = product.change(handle, CustomerStatus.ACTIVE);
      await tell(customer);
      return { customer, bearer };
    },
    tell,
    tellCredential(customerId) {
      const message = create(CredentialChangedSchema, { customerId });
      return publish(events.credentialChanged.type, toBinary(CredentialChangedSchema, message));
    },
    replica: () => replica(),
    stopGateway,
    stopServices: () => services.close(),
    async stop() {
      await stopGateway();
      await services.close();
      await bus.close();
      await rpc.close();
      await status.close();
      await database.drop();
    },
  };
}

/** Text in the form of a PEM request; the fake issuer reads nothing in it. */
export function pemOf(content: string): string {
  const base64 = Buffer.from(content).toString('base64');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}
