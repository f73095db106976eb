import { DataSource } from 'typeorm';
import { dataSourceOptions, Outbox, TenantScope } from '#libs/database';
import type { KeyManagement } from '#libs/kms';
import { createLogger } from '#libs/observability';
import { type Clock, systemClock } from '#libs/service';
import { AuthorityRepository } from '../authority/authority.repository.js';
import { AuthorityService } from '../authority/authority.service.js';
import type { CeremonyRow } from '../ceremony/ceremony.entity.js';
import { CeremonyRepository } from '../ceremony/ceremony.repository.js';
import { CeremonyService } from '../ceremony/ceremony.service.js';
import type { CeremonyStep } from '../ceremony/ceremony-step.js';
import { CustomerRepository } from '../customer/customer.repository.js';
import { CustomerService } from '../customer/customer.service.js';
import { KeyPool } from '../key-pool/key-pool.js';
import { KeyPoolRepository } from '../key-pool/key-pool.repository.js';
import { provisionerEntities } from '../provisioner.entities.js';
import { RotationService } from '../rotation/rotation.service.js';
import { TrustArtifactRepository } from '../trust-artifact/trust-artifact.repository.js';
import { TrustArtifactService } from '../trust-artifact/trust-artifact.service.js';
import { ProvisionerHarness, pkiUrl } from './provisioner-harness.js';

/** A connection as the service has it: its own role, under row-level security. */
export async function openDataSource(harness: ProvisionerHarness): Promise<DataSource> {
  const settings = harness.database.settings('provisioner');
  const dataSource = new DataSource(
    dataSourceOptions(settings, { service: 'provisioner', entities: provisionerEntities }),
  );
  return dataSource.initialize();
}

/** A harness and a connection for all tests of a file. */
export function provisionerFixture(): {
  readonly harness: ProvisionerHarness;
  readonly dataSource: DataSource;
} {
  const parts: { harness?: ProvisionerHarness; dataSource?: DataSource } = {};
  beforeAll(async () => {
    parts.harness = await ProvisionerHarness.start();
    parts.dataSource = await openDataSource(parts.harness);
  }, 60_000);
  afterAll(async () => {
    await parts.dataSource?.destroy();
    await parts.harness?.stop();
  }, 30_000);
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('The fixture is there from the first test on.');
    return part;
  };
  return {
    get harness() {
      return started(parts.harness);
    },
    get dataSource() {
      return started(parts.dataSource);
    },
  };
}

/** Dies when a step is recorded: the work outside the database is done by then. */
export class KilledAt extends CeremonyRepository {
  constructor(private readonly fatal: CeremonyStep) {
    super();
  }

  override record(
    ...[manager, record]: Parameters<CeremonyRepository['record']>
  ): Promise<string | undefined> {
    if (record.step === this.fatal) throw new Error('killed');
    return super.record(manager, record);
  }
}

export interface WorkerOptions {
  readonly ceremonies?: CeremonyRepository;
  readonly signer?: KeyManagement;
  readonly clock?: Clock;
}

const asleep = { wake: () => undefined };
/** What a customer of these tests asks for. */
export const wish = {
  ...({ tier: 'dev', rootAlgorithm: 'P-256', intermediateAlgorithm: 'P-256' } as const),
  ...{ nameConstraints: null, externalRoot: false, keyHome: null },
};

/** The parts of a process that never runs a ceremony by itself. */
export async function startWorker(
  harness: ProvisionerHarness,
  dataSource: DataSource,
  options: WorkerOptions = {},
) {
  const { ceremonies = new CeremonyRepository(), clock = systemClock } = options;
  const scope = new TenantScope(dataSource);
  const shared = {
    ...{ scope, ceremonies, clock },
    customers: new CustomerRepository(),
    authorities: new AuthorityRepository(),
    artifacts: new TrustArtifactRepository(),
    outbox: new Outbox('provisioner'),
    signer: options.signer ?? (await harness.signer()),
  };
  const service = new CeremonyService({
    ...{ ...shared, pkiUrl },
    authorityService: new AuthorityService(shared),
    trustArtifacts: new TrustArtifactService(shared.artifacts, clock),
    keyPool: new KeyPool({ ...shared, poolKeys: new KeyPoolRepository(), size: 0 }),
  });
  const customerService = new CustomerService({ ...shared, relay: asleep, runner: asleep });
  const logger = createLogger('provisioner', 'silent');
  const rotations = new RotationService({ ...shared, customers: customerService, runner: asleep, logger });
  const create = (handle: string) => customerService.create({ ...wish, handle }, 'a test');
  const underWay = (customerId: string) =>
    scope.run(customerId, (manager) => ceremonies.underWay(manager, customerId));
  /** Does one step. */
  const advance = async (ceremony: CeremonyRow): Promise<CeremonyRow | undefined> => {
    const context = await service.begin(ceremony);
    return context && (await service.advance(context)).next?.ceremony;
  };
  /** Does the steps of what is under way, to its end. */
  const runToEnd = async (customerId: string): Promise<void> => {
    let ceremony: CeremonyRow | undefined = (await underWay(customerId)) ?? undefined;
    while (ceremony) ceremony = await advance(ceremony);
  };
  return { advance, rotations, create, underWay, runToEnd };
}
