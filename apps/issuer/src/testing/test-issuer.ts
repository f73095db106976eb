import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  type Authority,
  BillingService,
  type Customer,
  CustomerSchema,
  CustomerStatus,
  type Entitlement,
  EntitlementSchema,
  IssuerService,
  type MintRequest,
  MintRequestSchema,
  ProvisionerService,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { createLogger, createRegistry, type Registry } from '#libs/observability';
import {
  type Client,
  createInProcessEventBus,
  createInProcessTransport,
  type EventBus,
  type RpcTransport,
} from '#libs/rpc';
import type { Clock, RunningService } from '#libs/service';
import type { TestDatabase } from '#libs/testing';
import { startIssuer } from '../issuer.module.js';
import type { TestAuthorityWish, TestKms } from './test-authority.js';
import { testCsr } from './test-csr.js';

/** What the issuer's neighbours know, and how often they were asked. */
export class FakeNeighbours {
  readonly authorities = new Map<string, Authority>();
  readonly customers = new Map<string, Customer>();
  readonly entitlements = new Map<string, Entitlement>();
  calls = 0;

  /** A transport whose provisioner and billing are these. */
  around(transport: RpcTransport): RpcTransport {
    const fakes = new Map<unknown, object>([
      [ProvisionerService, this.provisioner()],
      [BillingService, this.billing()],
    ]);
    return {
      client: (service) => (fakes.get(service) as never) ?? transport.client(service),
      server: () => transport.server(),
      close: () => transport.close(),
    };
  }

  private provisioner(): Partial<Client<typeof ProvisionerService>> {
    return {
      getAuthority: async ({ customerId = '' }) => {
        this.calls++;
        if (!this.customers.has(customerId)) throw new DomainError('customer_not_found', 'There is none.');
        const authority = this.authorities.get(customerId);
        return {
          $typeName: 'stackrunner.provisioner.v1.GetAuthorityResponse' as const,
          ...(authority && { authority }),
        };
      },
      getCustomer: async ({ handle, customerId }) => {
        this.calls++;
        const customer = [...this.customers.values()].find(
          (each) => each.handle === handle || each.id === customerId,
        );
        return {
          $typeName: 'stackrunner.provisioner.v1.GetCustomerResponse' as const,
          ...(customer && { customer }),
        };
      },
    };
  }

  private billing(): Partial<Client<typeof BillingService>> {
    return {
      getEntitlement: async ({ customerId = '' }) => {
        this.calls++;
        const entitlement = this.entitlements.get(customerId);
        return {
          $typeName: 'stackrunner.billing.v1.GetEntitlementResponse' as const,
          ...(entitlement && { entitlement }),
        };
      },
    };
  }
}

export interface TestIssuerOptions {
  readonly database: TestDatabase;
  readonly kms: TestKms;
  readonly clock: Clock;
  readonly neighbours: FakeNeighbours;
  readonly workers?: number;
  readonly workerUrl?: URL;
  /** Shared by replicas that hear the same events. */
  readonly events?: EventBus;
}

/** One replica of the issuer, called through its own transport. */
export interface TestIssuer {
  readonly client: Client<typeof IssuerService>;
  readonly events: EventBus;
  readonly metrics: Registry;
  readonly service: RunningService;
  stop(): Promise<void>;
}

export async function startTestIssuer(options: TestIssuerOptions): Promise<TestIssuer> {
  const transport = createInProcessTransport();
  const events = options.events ?? createInProcessEventBus();
  const metrics = createRegistry('issuer');
  const service = await startIssuer({
    config: {
      operations: { host: '127.0.0.1', port: 0, logLevel: 'silent', otlpEndpoint: undefined },
      database: { ...options.database.settings('issuer'), poolSize: 6, migrateUrl: undefined },
      nats: {
        url: 'nats://in-process',
        user: undefined,
        password: undefined,
        tlsCa: undefined,
        tlsCert: undefined,
        tlsKey: undefined,
      },
      kms: {
        backend: 'local',
        localDir: options.kms.settings.dir,
        localKeyFile: options.kms.settings.keyFile,
        localPassphrase: undefined,
      },
      workers: options.workers ?? 0,
      pkiUrl: 'http://pki.test',
      baseDomain: 'stackrunner.test',
      shortLivedTtl: 3_600,
    },
    rpc: options.neighbours.around(transport),
    events,
    clock: options.clock,
    logger: createLogger('issuer', 'silent'),
    metrics,
    ...(options.workerUrl && { workerUrl: options.workerUrl }),
  });
  return {
    client: transport.client(IssuerService),
    events,
    metrics,
    service,
    async stop() {
      await service.stop();
      await transport.close();
    },
  };
}

export interface TestCustomerWish extends TestAuthorityWish {
  /** Undefined for unlimited. */
  readonly perMinute?: number;
  readonly perMonth?: number;
}

/** An active customer that the neighbours know of, and the issuer not yet. */
export async function testCustomer(
  kms: TestKms,
  neighbours: FakeNeighbours,
  wish: TestCustomerWish = {},
): Promise<Authority> {
  const customerId = randomUUID();
  const handle = wish.handle ?? `acme-${customerId.slice(0, 8)}`;
  const authority = await kms.authority({ ...wish, handle, customerId });
  neighbours.authorities.set(customerId, authority);
  neighbours.customers.set(
    customerId,
    create(CustomerSchema, { id: customerId, handle, status: CustomerStatus.ACTIVE, version: 2n }),
  );
  neighbours.entitlements.set(
    customerId,
    create(EntitlementSchema, {
      customerId,
      plan: 'dev',
      version: 1n,
      ...(wish.perMinute !== undefined && { perMinute: BigInt(wish.perMinute) }),
      ...(wish.perMonth !== undefined && { perMonth: BigInt(wish.perMonth) }),
    }),
  );
  return authority;
}

/** A request of one day for so many new certificates. */
export function mintRequest(
  customerId: string,
  count = 1,
  idempotencyKey = '',
): Omit<MintRequest, '$typeName' | '$unknown'> {
  const csrs = Array.from({ length: count }, (_, index) =>
    testCsr({ dnsNames: [`app-${index}.acme.internal`] }),
  );
  const {
    $typeName: _,
    $unknown: __,
    ...request
  } = create(MintRequestSchema, {
    customerId,
    csrs,
    ttlSeconds: 86_400n,
    idempotencyKey,
  });
  return request;
}
