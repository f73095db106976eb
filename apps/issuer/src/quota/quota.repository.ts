import type { Entitlement } from '#libs/contracts';
import type { TenantScope } from '#libs/database';

/** A customer's limits and what it has used of them; an undefined limit is unlimited. */
export interface Quota {
  readonly perMinute: bigint | undefined;
  readonly perMonth: bigint | undefined;
  readonly usedThisMinute: bigint;
  readonly usedThisMonth: bigint;
  readonly entitlementVersion: bigint;
}

interface Row {
  readonly per_minute: string | null;
  readonly per_month: string | null;
  readonly used_this_minute: string;
  readonly used_this_month: string;
  readonly entitlement_version: string;
}

/** Counts like `issuer.record_mints`: an entry of the window counts for 60 seconds after its last certificate. */
const quotaSql = `
  SELECT per_minute, per_month, entitlement_version,
    (SELECT coalesce(sum(counted), 0) FROM unnest(window_at, window_count) AS entry(at, counted)
      WHERE at > $2::bigint - 60000) AS used_this_minute,
    CASE WHEN month < date_trunc('month', to_timestamp($2::bigint / 1000) AT TIME ZONE 'UTC') THEN 0
      ELSE used_in_month END AS used_this_month
  FROM issuer.quota WHERE customer_id = $1`;

export class QuotaRepository {
  constructor(private readonly scope: TenantScope) {}

  /** @param now epoch milliseconds */
  async find(customerId: string, now: number): Promise<Quota | undefined> {
    const rows: Row[] = await this.scope.run(customerId, (manager) =>
      manager.query(quotaSql, [customerId, now]),
    );
    const [row] = rows;
    return (
      row && {
        perMinute: row.per_minute === null ? undefined : BigInt(row.per_minute),
        perMonth: row.per_month === null ? undefined : BigInt(row.per_month),
        usedThisMinute: BigInt(row.used_this_minute),
        usedThisMonth: BigInt(row.used_this_month),
        entitlementVersion: BigInt(row.entitlement_version),
      }
    );
  }

  /** An entitlement that is older than the one in force changes nothing. */
  async apply({ customerId, perMinute, perMonth, version }: Entitlement): Promise<void> {
    await this.scope.run(customerId, (manager) =>
      manager.query('SELECT issuer.apply_entitlement($1, $2, $3, $4)', [
        customerId,
        perMinute ?? null,
        perMonth ?? null,
        version,
      ]),
    );
  }
}
