import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  type CreateCustomerRequest,
  type CreateCustomerResponseSchema,
  CustomerTier,
  type GetCustomerRequest,
  type GetCustomerResponseSchema,
  type ListCustomersRequest,
  type ListCustomersResponseSchema,
  type PromoteCustomerRequest,
  type PromoteCustomerResponseSchema,
  ProvisionerService,
  type ResumeCustomerRequest,
  type ResumeCustomerResponseSchema,
  type SuspendCustomerRequest,
  type SuspendCustomerResponseSchema,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { mostCrlShards } from '#libs/x509';
import { readKeyAlgorithm } from '../authority/key-algorithm.js';
import { readKeyHome } from '../authority/key-home.js';
import { asker } from '../ceremony/asker.js';
import { customerMessage } from './customer.message.js';
import { CustomerService, isUuid } from './customer.service.js';
import { readNameConstraints } from './name-constraints.js';

const defaultPageSize = 100;
const largestPageSize = 500;

/** The customer half of `ProvisionerService`. */
@RpcController(ProvisionerService)
export class CustomerController {
  constructor(@Inject(CustomerService) private readonly customers: CustomerService) {}

  @RpcMethod(ProvisionerService.method.createCustomer)
  async createCustomer(
    request: CreateCustomerRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof CreateCustomerResponseSchema>> {
    const wish = {
      ...(request.id !== '' && { id: readId(request.id) }),
      handle: request.handle,
      tier: readTier(request.tier),
      rootAlgorithm: readKeyAlgorithm(request.rootAlgorithm, 'P-384'),
      intermediateAlgorithm: readKeyAlgorithm(request.intermediateAlgorithm, 'P-256'),
      nameConstraints: readNameConstraints(request.nameConstraints),
      crlShards: readShards(request.crlShards),
      externalRoot: request.externalRoot,
      keyHome: readKeyHome(request.keyHome),
    };
    const customer = await this.customers.create(wish, asker(request.requestedBy, context));
    return { customer: customerMessage(customer) };
  }

  @RpcMethod(ProvisionerService.method.getCustomer)
  async getCustomer(
    request: GetCustomerRequest,
  ): Promise<MessageInitShape<typeof GetCustomerResponseSchema>> {
    const { handle, customerId } = request;
    if ((handle === '') === (customerId === '')) {
      throw new DomainError('bad_request', 'Name a customer by its id or by its handle.');
    }
    const customer = handle ? await this.customers.get(handle) : await this.customers.getById(customerId);
    return { customer: customerMessage(customer) };
  }

  @RpcMethod(ProvisionerService.method.listCustomers)
  async listCustomers(
    request: ListCustomersRequest,
  ): Promise<MessageInitShape<typeof ListCustomersResponseSchema>> {
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    if (pageSize < 1 || pageSize > largestPageSize) {
      throw new DomainError('bad_request', `page_size must be from 1 to ${largestPageSize}.`);
    }
    const { customers, next } = await this.customers.list(request.pageToken, pageSize);
    return { customers: customers.map(customerMessage), nextPageToken: next ?? '' };
  }

  @RpcMethod(ProvisionerService.method.suspendCustomer)
  async suspendCustomer(
    request: SuspendCustomerRequest,
  ): Promise<MessageInitShape<typeof SuspendCustomerResponseSchema>> {
    return { customer: customerMessage(await this.customers.suspend(request.handle)) };
  }

  @RpcMethod(ProvisionerService.method.resumeCustomer)
  async resumeCustomer(
    request: ResumeCustomerRequest,
  ): Promise<MessageInitShape<typeof ResumeCustomerResponseSchema>> {
    return { customer: customerMessage(await this.customers.resume(request.handle)) };
  }

  @RpcMethod(ProvisionerService.method.promoteCustomer)
  async promoteCustomer(
    request: PromoteCustomerRequest,
  ): Promise<MessageInitShape<typeof PromoteCustomerResponseSchema>> {
    return { customer: customerMessage(await this.customers.promote(request.handle)) };
  }
}

/** @throws DomainError bad_request for what is no UUID in lower case */
function readId(id: string): string {
  if (isUuid(id)) return id;
  throw new DomainError('bad_request', 'The id that the customer shall have is no UUID.');
}

/** @throws DomainError bad_request for what is no account's tier */
function readTier(tier: CustomerTier): 'dev' | 'free' {
  switch (tier) {
    case CustomerTier.UNSPECIFIED:
    case CustomerTier.DEV:
      return 'dev';
    case CustomerTier.FREE:
      return 'free';
    default:
      throw new DomainError('bad_request', `There is no tier ${tier} for customers.`);
  }
}

/** @throws DomainError bad_request */
function readShards(shards: number): number {
  if (shards < 0 || shards > mostCrlShards) {
    throw new DomainError('bad_request', `crl_shards must be from 1 to ${mostCrlShards}.`);
  }
  return shards === 0 ? 1 : shards;
}
