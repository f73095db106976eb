import { create } from '@bufbuild/protobuf';
import { type Customer, CustomerSchema, CustomerStatus, CustomerTier } from '#libs/contracts';
import { keyAlgorithmMessage } from '../authority/key-algorithm.js';
import type { CustomerRow } from './customer.entity.js';
import { sharedCustomer } from './shared-customer.js';

const statuses = {
  provisioning: CustomerStatus.PROVISIONING,
  active: CustomerStatus.ACTIVE,
  suspended: CustomerStatus.SUSPENDED,
} as const satisfies Record<CustomerRow['status'], CustomerStatus>;

const tiers = {
  dev: CustomerTier.DEV,
  free: CustomerTier.FREE,
  shared: CustomerTier.SHARED,
} as const satisfies Record<CustomerRow['tier'], CustomerTier>;

/** A customer as the contract tells of it, in answers and in events. */
export function customerMessage(customer: CustomerRow): Customer {
  return create(CustomerSchema, {
    id: customer.id,
    handle: customer.handle,
    status: statuses[customer.status],
    createdAt: unixSeconds(customer.createdAt),
    ...(customer.activatedAt && { activatedAt: unixSeconds(customer.activatedAt) }),
    version: BigInt(customer.version),
    rootAlgorithm: keyAlgorithmMessage(customer.rootAlgorithm),
    intermediateAlgorithm: keyAlgorithmMessage(customer.intermediateAlgorithm),
    ...(customer.nameConstraints && { nameConstraints: customer.nameConstraints }),
    tier: tiers[customer.tier],
    caCustomerId: customer.tier === 'free' ? sharedCustomer.id : customer.id,
    ceremonyStep: customer.ceremony?.step ?? '',
    ceremonyProblem: customer.ceremony?.problem ?? '',
    keyHome: customer.keyHome ?? '',
    externalRoot: customer.externalRoot,
  });
}

function unixSeconds(date: Date): bigint {
  return BigInt(Math.floor(date.getTime() / 1_000));
}
