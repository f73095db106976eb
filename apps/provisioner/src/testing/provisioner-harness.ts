import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvisionerConfig } from '#libs/config';
import {
  type Authority,
  type CaActivated,
  type Customer,
  type CustomerChanged,
  CustomerStatus,
  ProvisionerService,
} from '#libs/contracts';
import { createSigner, type LocalKmsSettings, type Signer } from '#libs/kms';
import { createLogger, createRegistry } from '#libs/observability';
import { type Client, createInProcessEventBus, createInProcessTransport, events } from '#libs/rpc';
import { type RunningService, systemClock } from '#libs/service';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { provisionerMigrations, startProvisioner } from '../provisioner.module.js';

/** One provisioner process, as far as a test can tell: its own transport, pool and signer. */
export interface Replica {
  readonly client: Client<typeof ProvisionerService>;
  readonly service: RunningService;
  readonly stop: () => Promise<void>;
}

export interface ReplicaOptions {
  readonly signer?: Signer;
  readonly kms?: ProvisionerConfig['kms'];
}

export const pkiUrl = 'http://pki.example.test/pki';

/** A real database and a folder of keys, and provisioners on them. */
export class ProvisionerHarness {
  readonly customerEvents: CustomerChanged[] = [];
  readonly authorityEvents: CaActivated[] = [];
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
    return harness;
  }

  get kms(): LocalKmsSettings & { keyFile: string } {
    const keyFile = join(this.folder, 'kms.key');
    return { backend: 'local', dir: join(this.folder, 'kms'), keyFile, createKeyFile: true };
  }

  signer(): Promise<Signer> {
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
    };
  }

  async replica({ signer, kms = this.config.kms }: ReplicaOptions = {}): Promise<Replica> {
    const logger = createLogger('provisioner', 'silent');
    const rpc = createInProcessTransport({ logger });
    const service = await startProvisioner({
      config: { ...this.config, kms },
      rpc,
      events: this.#bus,
      clock: systemClock,
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
