import type { DataSource, EntityManager } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import type { Clock } from '#libs/service';
import type { NameConstraints } from '#libs/x509';
import type { CustomerStanding, CustomerTier, SigningMode, TokenPrincipal } from './principal.js';

interface FoundRow {
  readonly hash: Buffer;
  readonly customer_id: string;
  readonly handle: string;
  readonly status: CustomerStanding;
  readonly tier: CustomerTier;
  /** Null for a master bearer, and with it all that follows. */
  readonly credential_id: string | null;
  readonly permission_id: string | null;
  readonly grants: Readonly<Record<string, readonly SigningMode[]>> | null;
  readonly expires_at: Date | null;
  readonly max_ttl_seconds: number | null;
  readonly name_constraints: NameConstraints | null;
  readonly source_networks: readonly string[] | null;
}

/** The tables of token hashes: master bearers and scoped credentials. A token itself is in no table. */
export class BearerRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Looks up hashes of whoever they are: the one read that cannot name its customer first.
   *
   * @param hashes SHA-256 in hex
   * @returns those that are known, by hash; not those that are revoked or have expired
   * @throws DomainError storage_unavailable
   */
  async find(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenPrincipal>> {
    try {
      const rows: FoundRow[] = await this.dataSource.query('SELECT * FROM gateway.find_tokens($1, $2)', [
        hashes.map((hash) => Buffer.from(hash, 'hex')),
        new Date(this.clock.now()),
      ]);
      return new Map(rows.map((row) => [row.hash.toString('hex'), principalOf(row)]));
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** Makes this hash the customer's only one, within a transaction as that customer; it counts as claimed. */
  async replace(manager: EntityManager, customerId: string, hash: Uint8Array): Promise<void> {
    await manager.query(
      `UPDATE gateway.customer SET bearer_claimed_at = $2 WHERE customer_id = $1 AND bearer_claimed_at IS NULL`,
      [customerId, new Date(this.clock.now())],
    );
    await manager.query('DELETE FROM gateway.bearer WHERE customer_id = $1', [customerId]);
    await manager.query('INSERT INTO gateway.bearer (hash, customer_id) VALUES ($1, $2)', [
      Buffer.from(hash),
      customerId,
    ]);
  }
}

function principalOf(row: FoundRow): TokenPrincipal {
  const { customer_id: customerId, handle, status, tier } = row;
  const known = { customerId, handle, status, tier, hash: row.hash.toString('hex') };
  if (row.credential_id === null) return { kind: 'bearer', ...known };
  return {
    kind: 'credential',
    ...known,
    credentialId: row.credential_id,
    permissionId: row.permission_id ?? '',
    grants: new Map(Object.entries(row.grants ?? {}).map(([certId, modes]) => [certId, new Set(modes)])),
    expiresAt: row.expires_at?.getTime(),
    maxTtlSeconds: row.max_ttl_seconds ?? undefined,
    nameConstraints: row.name_constraints ?? undefined,
    sourceNetworks: row.source_networks ?? [],
  };
}
