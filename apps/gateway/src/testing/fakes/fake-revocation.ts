import { Inject } from '@nestjs/common';
import {
  BulkState,
  type CountBulkRevocationRequest,
  type GetBulkRevocationRequest,
  type GetSerialStatusRequest,
  type ListCrlsRequest,
  type ReconcileJournalRequest,
  type RegenerateCrlsRequest,
  RevocationReason,
  RevocationService,
  type RevokeRequest,
  SerialStatus,
  type StartBulkRevocationRequest,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import { FakeProduct } from './fake-product.js';

@RpcController(RevocationService)
export class FakeRevocation {
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
export class FakeRevocationOperations {
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
