import {
  type BulkCriteria,
  type BulkRevocation,
  BulkState,
  type RevocationService as RevocationRpc,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { timestamp } from '../http/timestamp.js';
import { parseTtl, ttlSeconds } from '../mint/ttl.js';
import { hexSerial } from '../pki/serial.js';
import type { BulkBody } from './bulk.schema.js';
import { operatorActor, readSerial, unixSeconds } from './revocation.service.js';
import { type RevocationReasonName, reasonName, reasonOf } from './revocation-reason.js';

export interface BulkJobJson {
  readonly job_id: string;
  readonly status: 'pending' | 'running' | 'done';
  readonly reason: RevocationReasonName;
  readonly matched: number;
  readonly revoked: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly failures: readonly { readonly serial: string; readonly code: string }[];
  readonly created_at: string;
  readonly finished_at?: string;
}

export interface BulkCountJson {
  readonly dry_run: true;
  readonly matched: number;
  readonly revoked_before: number;
  readonly not_found: number;
}

/** Counting walks over all certificates of a customer, in milliseconds. */
const countTimeoutMs = 60_000;

/** Bulk revocations, for the operator. */
export class BulkService {
  constructor(
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
    private readonly revocation: Client<typeof RevocationRpc>,
  ) {}

  /**
   * Starts a job, or counts what it would match.
   *
   * @throws DomainError customer_not_found, bad_request, bad_ttl
   */
  async start(handle: string, body: BulkBody, requestId: string): Promise<BulkJobJson | BulkCountJson> {
    const customerId = await this.directory.idOf(handle);
    const criteria = criteriaOf(body.criteria);
    const metadata = { 'x-request-id': requestId };
    if (body.dry_run) {
      const options = { metadata, timeoutMs: countTimeoutMs };
      const found = await this.revocation.countBulkRevocation({ customerId, criteria }, options);
      return {
        dry_run: true,
        matched: Number(found.matched),
        revoked_before: Number(found.revoked),
        not_found: Number(found.notFound),
      };
    }
    const { job } = await this.revocation.startBulkRevocation(
      {
        ...{ customerId, criteria, actor: operatorActor, reason: reasonOf(body.reason) },
        ...(body.invalidity_date !== undefined && {
          invalidityDate: unixSeconds(body.invalidity_date, 'invalidity_date'),
        }),
      },
      { metadata },
    );
    return present(job);
  }

  /** @throws DomainError customer_not_found, job_not_found */
  async show(handle: string, id: string, requestId: string): Promise<BulkJobJson> {
    const customerId = await this.directory.idOf(handle);
    const options = { metadata: { 'x-request-id': requestId } };
    return present((await this.revocation.getBulkRevocation({ customerId, id }, options)).job);
  }
}

function criteriaOf(body: BulkBody['criteria']): Omit<BulkCriteria, '$typeName' | '$unknown'> {
  const { credential_id = '', profile = '', ttl, issued_from, issued_before } = body;
  const { san = '', key_sha256, serials = [] } = body;
  return {
    credentialId: credential_id,
    profile,
    ttlSeconds: ttl === undefined ? 0n : BigInt(secondsOf(ttl)),
    ...(issued_from !== undefined && { issuedFrom: unixSeconds(issued_from, 'criteria.issued_from') }),
    ...(issued_before !== undefined && {
      issuedBefore: unixSeconds(issued_before, 'criteria.issued_before'),
    }),
    sanPattern: san,
    keySha256: new Uint8Array(Buffer.from(key_sha256 ?? '', 'hex')),
    serials: serials.map(readSerial),
  };
}

function secondsOf(ttl: string): number {
  const nanoseconds = parseTtl(ttl);
  if (nanoseconds !== undefined) return ttlSeconds(nanoseconds);
  throw new DomainError(
    'bad_ttl',
    'criteria.ttl must be 1d, 7d, 14d, 30d, 90d, or a Go duration such as 36h.',
  );
}

function present(job: BulkRevocation | undefined): BulkJobJson {
  if (job === undefined) throw new DomainError('internal', 'The revocation service answered without a job.');
  return {
    job_id: job.id,
    status: statusOf(job.state),
    reason: reasonName(job.reason),
    matched: Number(job.matched),
    revoked: Number(job.revoked),
    unchanged: Number(job.unchanged),
    failed: Number(job.failed),
    failures: job.failures.map(({ serial, code }) => ({ serial: hexSerial(serial), code })),
    created_at: timestamp(Number(job.createdAt)),
    ...(job.finishedAt !== undefined && { finished_at: timestamp(Number(job.finishedAt)) }),
  };
}

function statusOf(state: BulkState): BulkJobJson['status'] {
  if (state === BulkState.DONE) return 'done';
  return state === BulkState.RUNNING ? 'running' : 'pending';
}
