import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvisionerConfig } from '#libs/config';
import {
  type Authority,
  type CaActivated,
  type CaRetired,
  type Customer,
  type CustomerChanged,
  CustomerStatus,
  ProvisionerService,
} from '#libs/contracts';
import { createSigner, type KeyManagement, type LocalKmsSettings } from '#libs/kms';
import { createLogger, createRegistry } from '#libs/observability';
import { type Client, createInProcessEventBus, createInProcessTransport, events } from '#libs/rpc';
import { type Clock, type RunningService, systemClock } from '#libs/service';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { provisionerMigrations, startProvisioner } from '../provisioner.module.js';

/** One provisioner process, as far as a test can tell: its own transport, pool and signer. */
export interface Replica {
  readonly client: Client<typeof ProvisionerService>;
  readonly service: RunningService;
  readonly stop: () => Promise<void>;
}

export interface ReplicaOptions {
  readonly signer?: KeyManagement;
  readonly kms?: ProvisionerConfig['kms'];
  readonly clock?: Clock;
  /** Default: none. */
  readonly keyPoolSize?: number;
}

export const pkiUrl = 'http://pki.example.test/pki';

/** A real database and a folder of keys, and provisioners on them. */
export class ProvisionerHarness {
  readonly customerEvents: CustomerChanged[] = [];
  readonly authorityEvents: CaActivated[] = [];
  readonly retiredEvents: CaRetired[] = [];
  readonly #replicas = new Set<Replica>();
  readonly #bus = createInProcessEventBus({ logger: createLogger('provisioner', 'silent') });

  private constructor(
    readonly database: TestDatabase,
    readonly folder: string,
  ) {}

  static async start(): Promise<ProvisionerHarness> {
    const database = await testDatabase([provisionerMigrations]);
    const harness = new ProvisionerHarness(database, mkdtempSync(join(tmpdir(), 'provisioner-')));
    await harness.#bus.subscribe(events.customerChanged, 'spec', async (message) => {
      harness.customerEvents.push(message);
    });
    await harness.#bus.subscribe(events.caActivated, 'spec', async (message) => {
      harness.authorityEvents.push(message);
    });
    await harness.#bus.subscribe(events.caRetired, 'spec', async (message) => {
      harness.retiredEvents.push(message);
    });
    return harness;
  }

  get kms(): LocalKmsSettings & { keyFile: string } {
    const keyFile = join(this.folder, 'kms.key');
    return { backend: 'local', dir: join(this.folder, 'kms'), keyFile, createKeyFile: true };
  }

  signer(): Promise<KeyManagement> {
    return createSigner(this.kms);
  }

  get config(): ProvisionerConfig {
    const { dir: localDir, keyFile: localKeyFile } = this.kms;
    return {
      database: { ...this.database.settings('provisioner'), migrateUrl: undefined },
      kms: { backend: 'local', localDir, localKeyFile, localPassphrase: undefined },
      operations: { host: '127.0.0.1', port: 0, logLevel: 'silent', otlpEndpoint: undefined },
      nats: {
        ...{ url: 'nats://in-process', user: undefined, password: undefined },
        ...{ tlsCa: undefined, tlsCert: undefined, tlsKey: undefined },
      },
      pkiUrl,
      keyPoolSize: 0,
      orphanGraceHours: 168,
    };
  }

  async replica(options: ReplicaOptions = {}): Promise<Replica> {
    const { signer, kms = this.config.kms, clock = systemClock, keyPoolSize = 0 } = options;
    const logger = createLogger('provisioner', 'silent');
    const rpc = createInProcessTransport({ logger });
    const service = await startProvisioner({
      config: { ...this.config, kms, keyPoolSize },
      rpc,
      events: this.#bus,
      clock,
      logger,
      metrics: createRegistry('provisioner'),
      ...(signer && { signer }),
    });
    const stop = async () => {
      if (this.#replicas.delete(replica)) await service.stop();
    };
    const replica: Replica = { client: rpc.client(ProvisionerService), service, stop };
    this.#replicas.add(replica);
    return replica;
  }

  async stop(): Promise<void> {
    for (const replica of [...this.#replicas]) await replica.stop();
    await this.#bus.close();
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The same keys, but for some of the calls. */
export function signerWith(signer: KeyManagement, changed: Partial<KeyManagement>): KeyManagement {
  return new Proxy(signer, {
    get(target, property) {
      if (Object.hasOwn(changed, property)) return Reflect.get(changed, property);
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Polls until something is there; fails after `seconds`. */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  seconds = 10,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`It did not happen within ${seconds} s.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The customer once it is active. */
export function becomesActive({ client }: Replica, handle: string, seconds = 10): Promise<Customer> {
  return eventually(async () => {
    const { customer } = await client.getCustomer({ handle });
    return customer?.status === CustomerStatus.ACTIVE ? customer : undefined;
  }, seconds);
}

/** What the customer's CA looks like from outside. */
export async function authorityOf({ client }: Replica, handle: string): Promise<Authority> {
  const { authority } = await client.getAuthority({ handle });
  if (!authority) throw new Error(`no authority of ${handle}`);
  return authority;
}
