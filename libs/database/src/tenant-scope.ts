import { escapeLiteral, type Pool, type PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { withSpan } from '#libs/observability';
import { mapDatabaseError } from './database-error.js';
import { customerSetting, everyCustomerSetting } from './row-security.js';

/** OpenTelemetry's semantic conventions for databases. */
const spanAttributes = { 'db.system.name': 'postgresql' };

/** A setting until the end of the transaction. As text it goes along with other statements, and is planned by nobody. */
const enterSql = (setting: string, value: string) => `SET LOCAL ${setting} = ${escapeLiteral(value)}`;

export interface PoolTransactionOptions {
  /**
   * Prepared statements are planned once, for any values: where PostgreSQL would otherwise look at many partitions anew
   * each time. Default false.
   */
  readonly genericPlans?: boolean;
}

/**
 * The door to tables with row-level security: within it, a transaction sees and writes the rows of one
 * customer, whatever its statements say. Outside of it, those tables are empty.
 *
 * @throws DomainError `storage_unavailable` when PostgreSQL cannot serve
 */
export class TenantScope {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs work in one transaction as one customer, by its UUID. */
  run<T>(customerId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction(customerSetting, customerId, work);
  }

  /**
   * Runs work in one transaction that sees every customer, in tables whose policy allows that
   * (`enableRowSecurity` with `everyCustomer`): for operators and for projections.
   */
  everyCustomer<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction(everyCustomerSetting, 'on', work);
  }

  /** From here on a transaction of one customer sees every customer as well, as `everyCustomer` does. */
  static async widen(manager: EntityManager): Promise<void> {
    await manager.query(enterSql(everyCustomerSetting, 'on'));
  }

  private async transaction<T>(
    setting: string,
    value: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    try {
      return await withSpan('transaction', spanAttributes, () =>
        this.inTransaction(enterSql(setting, value), work),
      );
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** As TypeORM's own, which would send the setting in a message by itself. */
  private async inTransaction<T>(enter: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.query(`START TRANSACTION; ${enter}`);
      Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
      const result = await work(runner.manager);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      // What broke the work is what is told, also when the connection broke with it.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/** The same for a plain pool: one transaction as one customer. */
export function withTenant<T>(
  pool: Pool,
  customerId: string,
  work: (client: PoolClient) => Promise<T>,
  { genericPlans = false }: PoolTransactionOptions = {},
): Promise<T> {
  const settings = [enterSql(customerSetting, customerId)];
  if (genericPlans) settings.push('SET LOCAL plan_cache_mode = force_generic_plan');
  return withSpan('transaction', spanAttributes, () => poolTransaction(pool, settings, work));
}

/** `TenantScope.everyCustomer` for a plain pool. */
export function withEveryCustomer<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withSpan('transaction', spanAttributes, () =>
    poolTransaction(pool, [enterSql(everyCustomerSetting, 'on')], work),
  );
}

async function poolTransaction<T>(
  pool: Pool,
  settings: readonly string[],
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw mapDatabaseError(error);
  });
  let broken = false;
  try {
    await client.query(['BEGIN', ...settings].join('; '));
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw mapDatabaseError(error);
  } finally {
    client.release(broken);
  }
}
