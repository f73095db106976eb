import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type BulkCriteria,
  type Customer,
  CustomerSchema,
  CustomerStatus,
  type MintRequest,
  type MintResultSchema,
  type RevokeRequest,
  SerialStatus,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
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
  /** A customer is made when this has ended. */
  beforeCreating: Promise<void> | undefined;
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
