import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Module } from '@nestjs/common';
import {
  AuditService,
  BillingService,
  type BulkCriteria,
  BulkState,
  type ChangePlanRequest,
  type CountBulkRevocationRequest,
  type CreateCustomerRequest,
  type Customer,
  CustomerSchema,
  CustomerStatus,
  CustomerTier,
  type GetAuthorityRequest,
  type GetBulkRevocationRequest,
  type GetCustomerRequest,
  type GetQuotaRequest,
  type GetSerialStatusRequest,
  type GetTranscriptRequest,
  type ImportAuthorityRequest,
  IssuerService,
  KeyAlgorithm,
  type ListCrlsRequest,
  type ListCustomersRequest,
  MeteringService,
  type MintEachRequest,
  type MintRequest,
  type MintResultSchema,
  type PromoteCustomerRequest,
  ProvisionerService,
  type ReadTrailRequest,
  type ReconcileJournalRequest,
  type ReconcileUsageRequest,
  type RegenerateCrlsRequest,
  type RequestAuthorityRequest,
  type ResumeCustomerRequest,
  RevocationReason,
  RevocationService,
  type RevokeRequest,
  type RotateAuthorityRequest,
  SerialStatus,
  type SetLimitsRequest,
  type StartBulkRevocationRequest,
  type SuspendCustomerRequest,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import { restOf } from '#libs/testing';
import { sha256 } from '#libs/x509';

export type MintOutcome = MessageInitShape<typeof MintResultSchema>;

/** What the services behind the gateway do in a test: small, in memory, and open to be told otherwise. */
export class FakeProduct {
  readonly customers = new Map<string, Customer>();
  /** Every mint that reached the issuer, and how many messages they came in. */
  readonly minted: MintRequest[] = [];
  messages = 0;
  /** How the issuer answers one request. */
  mint: (request: MintRequest, product: FakeProduct) => MintOutcome | Promise<MintOutcome> = mintAnything;
  batches = 0;
  perMinute: bigint | undefined = 500n;
  perMonth: bigint | undefined = 5000n;
  entitlementVersion = 1n;
  /** Entitlements that billing has set but the issuer has not heard of. */
  entitlementLag = 0;
  serialStatus: SerialStatus | undefined = SerialStatus.ACTIVE;
  /** In hex; revoked whatever the status of the others is. */
  readonly revokedSerials = new Set<string>();
  readonly serialsAsked: Uint8Array[] = [];
  readonly revocationsAsked: RevokeRequest[] = [];
  bulkCriteria: BulkCriteria | undefined;
  /** Thrown by provisioner and revocation, whatever they are asked, when set. */
  failure: DomainError | undefined;
  authorityAsked = 0;

  /** Sets a customer's status as its owner does, with a new version; no event tells of it. */
  change(handle: string, status: CustomerStatus): Customer {
    const customer = this.customer(handle);
    const changed = create(CustomerSchema, { ...customer, status, version: customer.version + 1n });
    this.customers.set(handle, changed);
    return changed;
  }

  customer(handle: string): Customer {
    this.check();
    const customer = this.customers.get(handle);
    if (customer === undefined) throw new DomainError('customer_not_found', 'There is no such customer.');
    return customer;
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

/** One certificate a CSR, whatever it says; an empty CSR fails the batch. */
function mintAnything(request: MintRequest, product: FakeProduct): MintOutcome {
  const empty = request.csrs.flatMap((csr, index) => (csr.length === 0 ? [index] : []));
  if (empty.length > 0) {
    const failures = empty.map((index) => ({ index, reason: 'not PEM' }));
    return refusal(new DomainError('issue_failed', 'csr: not PEM', { details: { failures } }));
  }
  const now = Math.floor(Date.now() / 1000);
  if (request.csrs.length > 1) product.batches += 1;
  return {
    outcome: {
      case: 'minted',
      value: {
        certificates: request.csrs.map((csr) => ({
          der: Buffer.concat([Buffer.from('certificate of '), csr]),
          serial: sha256(csr).subarray(0, 16),
          fingerprint: sha256(csr),
          notBefore: BigInt(now - 60),
          notAfter: BigInt(now) + request.ttlSeconds,
        })),
        chain: [Buffer.from('the intermediate'), Buffer.from('the root')],
        ...(request.csrs.length > 1 && { batchNumber: BigInt(product.batches) }),
        rateLimit: {
          ...(product.perMinute !== undefined && { limit: product.perMinute }),
          remaining: 499n,
          resetSeconds: 60n,
        },
      },
    },
  };
}

export function refusal({ code, message, details }: DomainError): MintOutcome {
  return { outcome: { case: 'error', value: { code, message, detailsJson: JSON.stringify(details) } } };
}

@RpcController(IssuerService)
class FakeIssuer {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(IssuerService.method.mintEach)
  async mintEach({ requests }: MintEachRequest) {
    this.product.messages += 1;
    this.product.minted.push(...requests);
    return { results: await Promise.all(requests.map((each) => this.product.mint(each, this.product))) };
  }

  @RpcMethod(IssuerService.method.mint)
  async mint() {
    return {};
  }

  @RpcMethod(IssuerService.method.getCertificate)
  async getCertificate() {
    return {};
  }

  @RpcMethod(IssuerService.method.listCertificates)
  async listCertificates() {
    return {};
  }

  @RpcMethod(IssuerService.method.getQuota)
  async getQuota(_request: GetQuotaRequest) {
    const { product } = this;
    if (product.entitlementLag > 0) product.entitlementLag -= 1;
    return {
      ...(product.perMinute !== undefined && { perMinute: product.perMinute }),
      ...(product.perMonth !== undefined && { perMonth: product.perMonth }),
      usedThisMinute: 1n,
      usedThisMonth: 2n,
      usedInLifetime: 0n,
      monthResetsAt: 1_769_904_000n,
      entitlementVersion: product.entitlementVersion - (product.entitlementLag > 0 ? 1n : 0n),
    };
  }
}

@RpcController(ProvisionerService)
class FakeProvisioner {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(ProvisionerService.method.createCustomer)
  async createCustomer({
    id,
    handle,
    rootAlgorithm,
    intermediateAlgorithm,
    nameConstraints,
    tier,
  }: CreateCustomerRequest) {
    const { customers } = this.product;
    this.product.check();
    if (handle === 'pki') throw new DomainError('bad_handle', 'The handle pki is reserved.');
    const before = customers.get(handle);
    if (before !== undefined && before.id === id) return { customer: before };
    if (before !== undefined) throw new DomainError('customer_exists', `${handle} exists.`);
    const customer = create(CustomerSchema, {
      id: id || randomUUID(),
      handle,
      status: CustomerStatus.PROVISIONING,
      createdAt: 1_760_000_000n,
      version: 1n,
      tier: tier || CustomerTier.DEV,
      rootAlgorithm: rootAlgorithm || KeyAlgorithm.EC_P384,
      intermediateAlgorithm: intermediateAlgorithm || KeyAlgorithm.EC_P256,
      ...(nameConstraints && { nameConstraints }),
      ceremonyStep: 'root',
    });
    customers.set(handle, customer);
    return { customer };
  }

  @RpcMethod(ProvisionerService.method.getCustomer)
  async getCustomer({ handle, customerId }: GetCustomerRequest) {
    const known = [...this.product.customers.values()].find(({ id }) => id === customerId);
    if (known !== undefined) return { customer: this.product.customer(known.handle) };
    return { customer: this.product.customer(handle) };
  }

  @RpcMethod(ProvisionerService.method.listCustomers)
  async listCustomers({ pageSize, pageToken }: ListCustomersRequest) {
    this.product.check();
    const all = [...this.product.customers.values()].filter(({ handle }) => handle > pageToken);
    const page = all.sort((a, b) => (a.handle < b.handle ? -1 : 1)).slice(0, pageSize);
    return { customers: page, nextPageToken: all.length > page.length ? (page.at(-1)?.handle ?? '') : '' };
  }

  @RpcMethod(ProvisionerService.method.suspendCustomer)
  async suspendCustomer({ handle }: SuspendCustomerRequest) {
    return { customer: this.product.change(handle, CustomerStatus.SUSPENDED) };
  }

  @RpcMethod(ProvisionerService.method.resumeCustomer)
  async resumeCustomer({ handle }: ResumeCustomerRequest) {
    return { customer: this.product.change(handle, CustomerStatus.ACTIVE) };
  }

  @RpcMethod(ProvisionerService.method.promoteCustomer)
  async promoteCustomer({ handle }: PromoteCustomerRequest) {
    const { customers } = this.product;
    const customer = this.product.customer(handle);
    const promoted = create(CustomerSchema, {
      ...customer,
      tier: CustomerTier.DEV,
      version: customer.version + 1n,
    });
    customers.set(handle, promoted);
    return { customer: promoted };
  }

  @RpcMethod(ProvisionerService.method.getAuthority)
  async getAuthority({ handle, generation }: GetAuthorityRequest) {
    this.product.authorityAsked += 1;
    if (generation > 1) throw new DomainError('bad_path', 'There is no such generation.');
    const { id, status } = this.product.customer(handle);
    if (status === CustomerStatus.PROVISIONING) {
      throw new DomainError('customer_not_active', `The CA of ${handle} is being made.`);
    }
    return {
      authority: {
        caId: id,
        customerId: id,
        handle,
        intermediateDer: Buffer.from('the intermediate'),
        rootDer: Buffer.from('the root'),
      },
    };
  }
}

@RpcController(ProvisionerService)
class FakeCeremonies {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(ProvisionerService.method.rotateAuthority)
  async rotateAuthority({ handle, now, dryRun }: RotateAuthorityRequest) {
    const { status } = this.product.customer(handle);
    if (status === CustomerStatus.PROVISIONING) throw new DomainError('customer_not_active', 'Not yet.');
    return {
      underWay: now && !dryRun,
      ...{ generation: 1, nextGeneration: 2, keyName: `dev-${handle}-intermediate-g2` },
      ...{ dueAt: 1_790_000_000n, retiredAt: 1_800_000_000n, steps: ['intermediate_key', 'activate'] },
    };
  }

  @RpcMethod(ProvisionerService.method.requestAuthority)
  async requestAuthority({ handle }: RequestAuthorityRequest) {
    this.product.customer(handle);
    return { csrDer: Buffer.from('the request'), generation: 1, keyRef: 'local:dev-x-intermediate' };
  }

  @RpcMethod(ProvisionerService.method.importAuthority)
  async importAuthority({ handle, certificates }: ImportAuthorityRequest) {
    this.product.customer(handle);
    if (certificates.length !== 2) throw new DomainError('bad_certificate', 'Give exactly two.');
    return { generation: 2 };
  }

  @RpcMethod(ProvisionerService.method.getTranscript)
  async getTranscript({ handle }: GetTranscriptRequest) {
    const { id } = this.product.customer(handle);
    const entry = JSON.stringify({ sequence: 1, handle });
    return {
      transcript: {
        ...{ customerId: id, handle },
        entries: [{ entry, hash: sha256(Buffer.from(entry)) }],
        artifacts: [{ name: 'root-1', kind: 'CERTIFICATE', content: Buffer.from('the root') }],
      },
    };
  }
}

@RpcController(RevocationService)
class FakeRevocation {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(RevocationService.method.getSerialStatus)
  async getSerialStatus({ serial }: GetSerialStatusRequest) {
    this.product.check();
    const { serialStatus, serialsAsked, revokedSerials } = this.product;
    serialsAsked.push(serial);
    const isRevoked = revokedSerials.has(Buffer.from(serial).toString('hex'));
    const status = isRevoked ? SerialStatus.REVOKED : serialStatus;
    if (status === undefined) throw new DomainError('serial_not_found', 'Not one of this customer.');
    return { status, expiresAt: 1_800_000_000n };
  }

  @RpcMethod(RevocationService.method.revoke)
  async revoke(request: RevokeRequest) {
    this.product.check();
    const { revocationsAsked, serialStatus } = this.product;
    revocationsAsked.push(request);
    if (serialStatus === undefined) throw new DomainError('serial_not_found', 'Not one of this customer.');
    const { reason } = request;
    if (reason === RevocationReason.REMOVE_FROM_CRL) throw new DomainError('not_on_hold', 'It is final.');
    return {
      revocations: request.serials.map((serial) => ({
        ...{ serial, reason, status: SerialStatus.REVOKED, changed: true },
        ...{ revokedAt: 1_790_000_000n, expiresAt: 1_800_000_000n },
      })),
    };
  }
}

@RpcController(RevocationService)
class FakeRevocationOperations {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(RevocationService.method.startBulkRevocation)
  async startBulkRevocation({ customerId, criteria, reason }: StartBulkRevocationRequest) {
    this.product.check();
    this.product.bulkCriteria = criteria;
    return { job: { ...bulkJob, customerId, reason } };
  }

  @RpcMethod(RevocationService.method.countBulkRevocation)
  async countBulkRevocation({ criteria }: CountBulkRevocationRequest) {
    this.product.check();
    this.product.bulkCriteria = criteria;
    return { matched: 47n, revoked: 3n, notFound: 1n };
  }

  @RpcMethod(RevocationService.method.getBulkRevocation)
  async getBulkRevocation({ customerId, id }: GetBulkRevocationRequest) {
    this.product.check();
    if (id !== bulkJob.id) throw new DomainError('job_not_found', 'There is no such job.');
    return { job: { ...bulkJob, customerId, state: BulkState.DONE, finishedAt: 1_790_000_001n } };
  }

  @RpcMethod(RevocationService.method.reconcileJournal)
  async reconcileJournal({ serials }: ReconcileJournalRequest) {
    this.product.check();
    return { fromRecord: 2, fromOperator: serials.length };
  }

  @RpcMethod(RevocationService.method.listCrls)
  async listCrls({ customerId, pageSize }: ListCrlsRequest) {
    this.product.check();
    return { crls: [{ ...crl, customerId }], nextPageToken: pageSize === 1 ? 'next' : '' };
  }

  @RpcMethod(RevocationService.method.regenerateCrls)
  async regenerateCrls({ customerId }: RegenerateCrlsRequest) {
    this.product.check();
    return { crls: [{ ...crl, customerId }] };
  }
}

const bulkJob = {
  ...{ id: '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c11', state: BulkState.PENDING, matched: 47n, revoked: 43n },
  ...{ unchanged: 3n, failed: 1n, createdAt: 1_790_000_000n },
  failures: [{ serial: Uint8Array.of(0, 0x3e), code: 'serial_not_found' }],
};

const crl = {
  ...{ handle: 'acme', caId: '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c12', file: 'intermediate.crl' },
  ...{ number: '1790000000000', thisUpdate: 1_790_000_000n, nextUpdate: 1_790_086_400n },
  ...{ generatedAt: 1_790_000_000n, durationMs: 12n, revokedCount: 3n, size: 420n, stale: false },
  events: [{ at: 1_790_000_000n, number: '1790000000000', cause: 'revocation', problem: '' }],
};

@RpcController(BillingService)
class FakeBilling {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement() {
    return {};
  }

  @RpcMethod(BillingService.method.changePlan)
  async changePlan({ customerId, plan }: ChangePlanRequest) {
    this.product.entitlementVersion += 1n;
    return { entitlement: { customerId, plan, version: this.product.entitlementVersion } };
  }

  @RpcMethod(BillingService.method.setLimits)
  async setLimits({ customerId, perMinute, perMonth }: SetLimitsRequest) {
    const { product } = this;
    if (perMinute !== undefined) product.perMinute = perMinute.value;
    if (perMonth !== undefined) product.perMonth = perMonth.value;
    product.entitlementVersion += 1n;
    return { entitlement: { customerId, plan: 'dev', version: product.entitlementVersion } };
  }
}

@Module({})
export class FakeServicesModule {}

@RpcController(AuditService)
class FakeAudit {
  @RpcMethod(AuditService.method.readTrail)
  async readTrail({ customerId, after, limit }: ReadTrailRequest) {
    const body = JSON.stringify({
      ...{ action: 'issue', at: '2026-03-01T09:30:12.345Z', outcome: 'ok', actor: { kind: 'system' } },
      details: { customerId, limit },
    });
    const entry = { sequence: after + 1n, recordedAt: 1_700_000_000_123n, hash: new Uint8Array(32), body };
    return { entries: [entry], headSequence: after + 1n, headHash: new Uint8Array(32) };
  }
}

@RpcController(MeteringService)
class FakeMetering {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(MeteringService.method.reconcileUsage)
  async reconcileUsage({ handle }: ReconcileUsageRequest) {
    this.product.check();
    if (handle === '') return { customers: 3n };
    this.product.customer(handle);
    const repairs = [{ counter: 'month', counted: 9n, issued: 7n }];
    return { customers: 1n, differences: [{ handle, repairs, issued: 7n, inTrail: 5n }] };
  }

  @RpcMethod(MeteringService.method.listUsage)
  async listUsage() {
    const takenAt = BigInt(Date.parse('2026-04-01T02:00:00Z') / 1000);
    return { months: [{ month: '2026-03', issued: 7n, inTrail: 5n, takenAt }] };
  }
}

export const fakeControllers = [
  ...[FakeAudit, FakeMetering],
  ...[FakeIssuer, restOf(IssuerService, FakeIssuer)],
  ...[FakeProvisioner, FakeCeremonies, restOf(ProvisionerService, FakeProvisioner, FakeCeremonies)],
  ...[FakeRevocation, FakeRevocationOperations],
  FakeBilling,
];
