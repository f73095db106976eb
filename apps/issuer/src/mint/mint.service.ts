import type { IssuedCertificate, MintRequest, MintResponse, RateLimit } from '#libs/contracts';
import { DomainError, type ErrorCode } from '#libs/errors';
import { withSpan } from '#libs/observability';
import { type CallContext, callFrom } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { AuthorityService } from '../authority/authority.service.js';
import type { IssuingAuthority } from '../authority/issuing-authority.js';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { BlockedKeys } from '../blocked-key/blocked-keys.js';
import { issuedCertificate } from '../certificate/issued-certificate.js';
import { type Idempotency, idempotencyOf } from '../idempotency/idempotency.js';
import { type EarlierAnswer, keyReused, type ReplayService } from '../idempotency/replay.service.js';
import { admitBatch, leafValidity, type MintBatch } from '../policy/batch.policy.js';
import type { EntitlementService } from '../quota/entitlement.service.js';
import type { ExhaustedCustomers } from '../quota/exhausted-customers.js';
import { lifetimeExceeded, quotaExceeded, rateLimited } from '../quota/limit-errors.js';
import { unpackCertificates } from './certificate-block.js';
import { encodeIssuedRequest } from './issued-event.js';
import { withOrigin } from './issued-origin.js';
import type { Ledger, LedgerEntry } from './mint.ledger.js';
import type { MintMetrics } from './mint.metrics.js';
import type { MintPool } from './mint.pool.js';
import type { LedgerVerdict, LimitState } from './record-mints.js';
import type { RemoteMint } from './remote.mint.js';
import { signBatch } from './sign-batch.js';

export interface MintServiceOptions {
  readonly authorities: AuthorityService;
  readonly pool: MintPool;
  readonly remote: RemoteMint;
  readonly ledger: Ledger;
  readonly replays: ReplayService;
  readonly exhausted: ExhaustedCustomers;
  readonly blockedKeys: Pick<BlockedKeys, 'check'>;
  readonly entitlements: EntitlementService;
  readonly metrics: MintMetrics;
  readonly clock: Clock;
}

/** Whether the mint threads hold the key themselves. */
const isLocal = ({ keyRef }: SigningAuthority) => keyRef.startsWith('local:');

type Decided = Exclude<LedgerVerdict, { outcome: 'no_entitlement' }>;

/** What a spent key answers as well as it did before, whatever has changed since. */
const refusals = new Set<ErrorCode>(['issue_failed', 'bad_ttl', 'rate_limited', 'quota_exceeded']);

/** Mints batches, all or nothing (specification 1 §3). */
export class MintService {
  constructor(private readonly options: MintServiceOptions) {}

  /**
   * Order matters: everything that can refuse comes before the first signature, limits are decided where
   * the certificates are recorded, and nothing is answered before that has committed.
   *
   * @throws bad_request, bad_count or bad_ttl
   * @throws customer_not_active or customer_not_found
   * @throws issue_failed with the index and the reason of every request that was refused
   * @throws rate_limited or quota_exceeded: the batch spends nothing
   * @throws idempotency_key_reused
   * @throws overloaded, deadline_exceeded or signer_unavailable: nothing was issued
   * @throws storage_unavailable: it may have been; the same request with its idempotency key tells
   */
  async mint(request: MintRequest, context: CallContext): Promise<MintResponse> {
    const batch = admitBatch(request);
    const authority =
      this.options.authorities.cached(batch.customerId) ??
      (await this.options.authorities.active(batch.customerId, callFrom(context)));
    const idempotency = idempotencyOf(request);
    const signed = await this.sign(batch, authority, context.deadline, idempotency).catch(
      (refusal: unknown): Promise<EarlierAnswer> => this.answeredBefore(batch, idempotency, refusal),
    );
    if ('chain' in signed) return replayed(signed);
    const entry = { ...signed, issued: Buffer.concat([signed.issued, encodeIssuedRequest(request)]) };

    const verdict = await withSpan('commit', { certificates: entry.count }, () =>
      this.decide(entry, context),
    );
    switch (verdict.outcome) {
      case 'minted':
        this.options.metrics.minted(entry.count);
        return minted(entry, authority, verdict);
      case 'replayed':
        return this.replay(batch, idempotency, verdict.limits);
      case 'key_reused':
        throw keyReused();
      case 'rate_limited':
      case 'quota_exceeded':
        throw this.refuse(batch, verdict);
      case 'lifetime_exceeded':
      case 'ttl_exceeded':
        throw lifetimeExceeded(
          verdict.limits.monthLimit ?? 0,
          verdict.limits.monthUsed,
          verdict.outcome === 'ttl_exceeded',
        );
    }
  }

  /** Everything before the record. */
  private async sign(
    batch: MintBatch,
    { variants, notAfter, caUuid, customerUuid }: IssuingAuthority,
    deadline: number,
    idempotency: Idempotency | undefined,
  ): Promise<LedgerEntry> {
    const { customerId, csrs, ttl, profile, nameConstraints } = batch;
    const signing = variants.of(profile, nameConstraints);
    this.options.exhausted.check(customerId, csrs.length);
    this.options.blockedKeys.check(csrs);
    const validity = leafValidity(this.options.clock.now(), ttl, notAfter);
    const unsigned = { authority: signing, csrs, deadline, ...validity };
    const count = csrs.length;
    const { block, issued: certificates } = await withSpan('sign', { certificates: count }, () =>
      isLocal(signing) ? signBatch(this.options.pool, unsigned) : this.options.remote.sign(unsigned),
    );
    const issued = withOrigin(certificates, batch, block);
    return { customerId, customerUuid, caUuid, count, ...validity, block, issued, idempotency, deadline };
  }

  /** A request that would be refused now may have been answered before: then it is answered the same. */
  private async answeredBefore(
    batch: MintBatch,
    idempotency: Idempotency | undefined,
    refusal: unknown,
  ): Promise<EarlierAnswer> {
    const refused = refusal instanceof DomainError && refusals.has(refusal.code);
    const earlier =
      refused && idempotency && (await this.options.replays.find(batch.customerId, idempotency));
    if (!earlier) throw refusal;
    return earlier;
  }

  /** A customer that was never heard of gets its limits first, once. */
  private async decide(entry: LedgerEntry, context: CallContext): Promise<Decided> {
    const verdict = await this.options.ledger.record(entry);
    if (verdict.outcome !== 'no_entitlement') return verdict;
    await this.options.entitlements.fetch(entry.customerId, callFrom(context));
    const second = await this.options.ledger.record(entry);
    if (second.outcome !== 'no_entitlement') return second;
    throw new DomainError('service_unavailable', 'The limits of this customer are not known yet.');
  }

  private async replay(
    batch: MintBatch,
    idempotency: Idempotency | undefined,
    limits: LimitState,
  ): Promise<MintResponse> {
    const earlier = idempotency && (await this.options.replays.find(batch.customerId, idempotency));
    // It was there when the ledger looked: it ended its 24 hours since.
    if (!earlier) throw new DomainError('service_unavailable', 'The idempotency key has just expired.');
    return replayed(earlier, limits);
  }

  private refuse(
    { customerId, csrs }: MintBatch,
    verdict: Extract<Decided, { outcome: 'rate_limited' | 'quota_exceeded' }>,
  ): DomainError {
    const { minuteLimit = 0, minuteUsed, monthLimit = 0, monthUsed } = verdict.limits;
    const count = csrs.length;
    if (verdict.outcome === 'rate_limited') {
      const { retrySeconds } = verdict;
      this.options.exhausted.remember(customerId, {
        limit: minuteLimit,
        used: minuteUsed,
        count,
        retrySeconds,
      });
      return rateLimited(minuteLimit, minuteUsed, retrySeconds);
    }
    const exhaustion = { limit: monthLimit, used: monthUsed, count, retrySeconds: undefined };
    this.options.exhausted.remember(customerId, exhaustion);
    return quotaExceeded(monthLimit, monthUsed, this.options.clock.now());
  }
}

function minted(
  { block, notBefore, notAfter }: LedgerEntry,
  { chain, signing }: IssuingAuthority,
  { batchNumber, limits }: Extract<Decided, { outcome: 'minted' }>,
): MintResponse {
  const from = BigInt(notBefore);
  const to = BigInt(notAfter);
  return response({
    certificates: unpackCertificates(block).map((each) => issuedCertificate(each, from, to)),
    chain: [...chain],
    replayed: false,
    rateLimit: rateLimit(limits),
    remoteKey: !isLocal(signing),
    ...(batchNumber !== undefined && { batchNumber: BigInt(batchNumber) }),
  });
}

/** Without limits when it was answered before the ledger was asked. */
function replayed({ certificates, chain, batchNumber }: EarlierAnswer, limits?: LimitState): MintResponse {
  const seconds = (date: Date): bigint => BigInt(Math.floor(date.getTime() / 1000));
  return response({
    certificates: certificates.map(
      (each): IssuedCertificate => issuedCertificate(each, seconds(each.issuedAt), seconds(each.expiresAt)),
    ),
    chain: [...chain],
    replayed: true,
    remoteKey: false,
    ...(limits && { rateLimit: rateLimit(limits) }),
    ...(batchNumber !== undefined && { batchNumber }),
  });
}

function response(fields: Omit<MintResponse, '$typeName'>): MintResponse {
  return { $typeName: 'stackrunner.issuer.v1.MintResponse', ...fields };
}

function rateLimit({ minuteLimit, minuteUsed, resetSeconds }: LimitState): RateLimit {
  const $typeName = 'stackrunner.issuer.v1.RateLimit';
  const resets = { resetSeconds: BigInt(resetSeconds) };
  if (minuteLimit === undefined) return { $typeName, remaining: 0n, ...resets };
  const remaining = BigInt(Math.max(0, minuteLimit - minuteUsed));
  return { $typeName, limit: BigInt(minuteLimit), remaining, ...resets };
}
