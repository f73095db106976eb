import type { Entitlement } from '#libs/contracts';
import type { TenantScope } from '#libs/database';

/** A customer's limits and what it has used of them; an undefined limit is unlimited. */
export interface Quota {
  readonly perMinute: bigint | undefined;
  readonly perMonth: bigint | undefined;
  readonly lifetime: bigint | undefined;
  readonly perTtl: bigint | undefined;
  readonly usedThisMinute: bigint;
  readonly usedThisMonth: bigint;
  readonly usedInLifetime: bigint;
  /** Of 1h, 1d, 7d, 14d, 30d, 90d. */
  readonly usedByTtl: readonly bigint[];
  readonly entitlementVersion: bigint;
}

interface Row {
  readonly per_minute: string | null;
  readonly per_month: string | null;
  readonly lifetime: string | null;
  readonly per_ttl: string | null;
  readonly used_in_lifetime: string;
  readonly used_by_ttl: readonly string[];
  readonly used_this_minute: string;
  readonly used_this_month: string;
  readonly entitlement_version: string;
}

/** Counts like `issuer.record_mints`: an entry of the window counts for 60 seconds after its last certificate. */
const quotaSql = `
  SELECT per_minute, per_month, lifetime, per_ttl, used_in_lifetime, used_by_ttl, entitlement_version,
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
        perMinute: limitOf(row.per_minute),
        perMonth: limitOf(row.per_month),
        lifetime: limitOf(row.lifetime),
        perTtl: limitOf(row.per_ttl),
        usedInLifetime: BigInt(row.used_in_lifetime),
        usedByTtl: row.used_by_ttl.map(BigInt),
        usedThisMinute: BigInt(row.used_this_minute),
        usedThisMonth: BigInt(row.used_this_month),
        entitlementVersion: BigInt(row.entitlement_version),
      }
    );
  }

  /**
   * Makes the counters what the certificates say.
   *
   * @param times Unix seconds: the first moment of the month that is asked about, until when, and now
   * @returns the certificates of that month, and what was wrong
   */
  async reconcile(
    customerId: string,
    { month, until, now }: { readonly month: number; readonly until: number; readonly now: number },
  ): Promise<{ issued: bigint; repairs: readonly Repair[] }> {
    const rows: ReconcileRow[] = await this.scope.run(customerId, async (manager) => {
      // It reads every certificate of the customer, and holds up nobody meanwhile.
      await manager.query("SET LOCAL statement_timeout = '120s'");
      return manager.query(
        'SELECT * FROM issuer.reconcile_quota($1, to_timestamp($2), to_timestamp($3), to_timestamp($4))',
        [customerId, month, until, now],
      );
    });
    const read = ({ counter, counted, issued }: ReconcileRow) => ({
      ...{ counter, counted: BigInt(counted), issued: BigInt(issued) },
    });
    return {
      issued: BigInt(rows.find((row) => !row.is_wrong)?.issued ?? 0),
      repairs: rows.filter((row) => row.is_wrong).map(read),
    };
  }

  /** An entitlement that is older than the one in force changes nothing. */
  async apply({ customerId, perMinute, perMonth, lifetime, perTtl, version }: Entitlement): Promise<void> {
    await this.scope.run(customerId, (manager) =>
      manager.query('SELECT issuer.apply_limits($1, $2, $3, $4, $5, $6)', [
        customerId,
        perMinute ?? null,
        perMonth ?? null,
        lifetime ?? null,
        perTtl ?? null,
        version,
      ]),
    );
  }
}

/** A counter that was wrong. */
export interface Repair {
  readonly counter: string;
  readonly counted: bigint;
  readonly issued: bigint;
}

interface ReconcileRow {
  readonly counter: string;
  readonly counted: string;
  readonly issued: string;
  readonly is_wrong: boolean;
}

function limitOf(value: string | null): bigint | undefined {
  return value === null ? undefined : BigInt(value);
}
