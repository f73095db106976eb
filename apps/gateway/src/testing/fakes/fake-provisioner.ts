import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  type CreateCustomerRequest,
  CustomerSchema,
  CustomerStatus,
  CustomerTier,
  type GetAuthorityRequest,
  type GetCustomerRequest,
  type GetTranscriptRequest,
  type ImportAuthorityRequest,
  KeyAlgorithm,
  type ListCustomersRequest,
  type PromoteCustomerRequest,
  ProvisionerService,
  type RequestAuthorityRequest,
  type ResumeCustomerRequest,
  type RotateAuthorityRequest,
  type SuspendCustomerRequest,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import { sha256 } from '#libs/x509';
import { FakeProduct } from './fake-product.js';

@RpcController(ProvisionerService)
export class FakeProvisioner {
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
    await this.product.beforeCreating;
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
export class FakeCeremonies {
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
