import {
  type Customer,
  CustomerStatus,
  CustomerTier as CustomerTierMessage,
  type GetQuotaResponse,
  KeyAlgorithm,
  type KeyProblem,
  type NameConstraints,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CustomerStanding, CustomerTier } from '../auth/principal.js';
import type { PublicUrls } from '../http/public-urls.js';
import { timestamp } from '../http/timestamp.js';
import type { AlgorithmName, CustomerJson, KeyProblemJson, NameConstraintsJson } from './customer.schema.js';

const algorithms = {
  'P-256': KeyAlgorithm.EC_P256,
  'P-384': KeyAlgorithm.EC_P384,
  'RSA-2048': KeyAlgorithm.RSA_2048,
  'RSA-3072': KeyAlgorithm.RSA_3072,
  'RSA-4096': KeyAlgorithm.RSA_4096,
} as const satisfies Record<AlgorithmName, KeyAlgorithm>;

/** An algorithm's number in the contract; what is not asked for is the provisioner's choice. */
export function algorithmOf(name: AlgorithmName | undefined): KeyAlgorithm {
  return name === undefined ? KeyAlgorithm.UNSPECIFIED : algorithms[name];
}

function algorithmName(algorithm: KeyAlgorithm): AlgorithmName {
  const names = Object.keys(algorithms) as AlgorithmName[];
  const name = names.find((each) => algorithms[each] === algorithm);
  if (name === undefined)
    throw new DomainError('internal', `The provisioner named no key algorithm: ${algorithm}.`);
  return name;
}

/** @throws DomainError internal for a status that this version does not know */
export function standingOf({ handle, status }: Pick<Customer, 'handle' | 'status'>): CustomerStanding {
  switch (status) {
    case CustomerStatus.PROVISIONING:
      return 'provisioning';
    case CustomerStatus.ACTIVE:
      return 'active';
    case CustomerStatus.SUSPENDED:
      return 'suspended';
    default:
      throw new DomainError('internal', `The provisioner gave ${handle} no status.`);
  }
}

/** What serves customers' own CAs serves the shared one, which no one has a bearer for. */
export function tierOf({ tier }: Pick<Customer, 'tier'>): CustomerTier {
  return tier === CustomerTierMessage.FREE ? 'free' : 'dev';
}

/** Writes a customer as the operator sees it; limits and use where the issuer was asked for them. */
export function presentCustomer(
  customer: Customer,
  urls: PublicUrls,
  quota?: GetQuotaResponse,
): CustomerJson {
  const { handle } = customer;
  return {
    handle,
    id: customer.id,
    status: standingOf(customer),
    tier: tierOf(customer),
    created_at: timestamp(Number(customer.createdAt)),
    activated_at: customer.activatedAt === undefined ? null : timestamp(Number(customer.activatedAt)),
    root_algorithm: algorithmName(customer.rootAlgorithm),
    intermediate_algorithm: algorithmName(customer.intermediateAlgorithm),
    name_constraints: presentConstraints(customer.nameConstraints),
    external_root: customer.externalRoot,
    key_home: customer.keyHome || null,
    mint_url: tierOf(customer) === 'free' ? urls.freeIssue : urls.mint(handle),
    pki_url: urls.pki(handle),
    ceremony_step: customer.ceremonyStep || null,
    ceremony_problem: customer.ceremonyProblem || null,
    ...(quota && presentQuota(quota)),
  };
}

function presentQuota(quota: GetQuotaResponse): Pick<CustomerJson, 'limits' | 'used' | 'key_problem'> {
  return {
    limits: {
      per_minute: numberOrNull(quota.perMinute),
      per_month: numberOrNull(quota.perMonth),
      lifetime: numberOrNull(quota.lifetime),
      per_ttl: numberOrNull(quota.perTtl),
    },
    used: {
      this_minute: Number(quota.usedThisMinute),
      this_month: Number(quota.usedThisMonth),
      lifetime: Number(quota.usedInLifetime),
      month_resets_at: timestamp(Number(quota.monthResetsAt)),
    },
    key_problem: quota.keyProblem === undefined ? null : presentKeyProblem(quota.keyProblem),
  };
}

function presentKeyProblem({ keyRef, reason, message, since, lastAt }: KeyProblem): KeyProblemJson {
  return {
    key: keyRef,
    reason,
    message,
    since: timestamp(Number(since)),
    last_at: timestamp(Number(lastAt)),
  };
}

function numberOrNull(value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value);
}

type ConstraintLists = Omit<NameConstraints, '$typeName' | '$unknown'>;

/** The lists that are not empty; null when nothing is constrained. */
export function presentConstraints(
  constraints: { readonly [name in keyof ConstraintLists]: readonly string[] } | undefined,
): NameConstraintsJson | null {
  if (constraints === undefined) return null;
  const lists: Required<NameConstraintsJson> = {
    permitted_dns: constraints.permittedDns,
    excluded_dns: constraints.excludedDns,
    permitted_ip: constraints.permittedIp,
    excluded_ip: constraints.excludedIp,
    permitted_email: constraints.permittedEmail,
    excluded_email: constraints.excludedEmail,
    permitted_uri: constraints.permittedUri,
    excluded_uri: constraints.excludedUri,
  };
  const given = Object.entries(lists).filter(([, names]) => names.length > 0);
  return given.length === 0 ? null : Object.fromEntries(given);
}
