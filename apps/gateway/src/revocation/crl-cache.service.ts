import type { CrlStatus, RevocationService as RevocationRpc } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { timestamp } from '../http/timestamp.js';

export interface CrlStatusJson {
  readonly handle: string;
  readonly ca_id: string;
  readonly file: string;
  readonly crl_number: string;
  readonly this_update: string;
  readonly next_update: string;
  readonly generated_at: string;
  readonly generation_duration_ms: number;
  readonly revoked_count: number;
  readonly size: number;
  readonly is_stale: boolean;
  readonly events: readonly {
    readonly at: string;
    readonly crl_number?: string;
    readonly cause: string;
    readonly problem?: string;
  }[];
}

export interface CrlCacheJson {
  readonly crls: readonly CrlStatusJson[];
  readonly next_page_token?: string;
}

/** Making every CRL of a customer anew may need a root's key, in milliseconds. */
const regenerateTimeoutMs = 60_000;

/** The CRLs as they are published (document 4, "Admin Cache Observability"). */
export class CrlCacheService {
  constructor(
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
    private readonly revocation: Pick<Client<typeof RevocationRpc>, 'listCrls' | 'regenerateCrls'>,
  ) {}

  /**
   * @param handle undefined for every customer
   * @throws DomainError customer_not_found, bad_request
   */
  async list(
    page: { readonly handle: string | undefined; readonly size: number; readonly token: string },
    requestId: string,
  ): Promise<CrlCacheJson> {
    const customerId = page.handle === undefined ? '' : await this.directory.idOf(page.handle);
    const { crls, nextPageToken } = await this.revocation.listCrls(
      { customerId, pageSize: page.size, pageToken: page.token },
      { metadata: { 'x-request-id': requestId } },
    );
    return { crls: crls.map(present), ...(nextPageToken !== '' && { next_page_token: nextPageToken }) };
  }

  /** @throws DomainError customer_not_found, signer_unavailable */
  async regenerate(handle: string, requestId: string): Promise<CrlCacheJson> {
    const customerId = await this.directory.idOf(handle);
    const { crls } = await this.revocation.regenerateCrls(
      { customerId },
      { metadata: { 'x-request-id': requestId }, timeoutMs: regenerateTimeoutMs },
    );
    if (crls.length === 0) throw new DomainError('customer_not_found', 'This customer has no CRL yet.');
    return { crls: crls.map(present) };
  }
}

function present(crl: CrlStatus): CrlStatusJson {
  return {
    handle: crl.handle,
    ca_id: crl.caId,
    file: crl.file,
    crl_number: crl.number,
    this_update: timestamp(Number(crl.thisUpdate)),
    next_update: timestamp(Number(crl.nextUpdate)),
    generated_at: timestamp(Number(crl.generatedAt)),
    generation_duration_ms: Number(crl.durationMs),
    revoked_count: Number(crl.revokedCount),
    size: Number(crl.size),
    is_stale: crl.stale,
    events: crl.events.map(({ at, number, cause, problem }) => ({
      at: timestamp(Number(at)),
      ...(number !== '' && { crl_number: number }),
      cause,
      ...(problem !== '' && { problem }),
    })),
  };
}
