import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';
import { createReconcileQuota } from './reconcile-quota.sql.js';

/**
 * Counters that can be compared with what they count. Those that began to count when certificates existed already
 * begin with these.
 */
export class ReconcileQuota1795506400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${createReconcileQuota}
      REVOKE ALL ON FUNCTION issuer.reconcile_quota FROM PUBLIC;
      ${grant('issuer', 'EXECUTE', 'FUNCTION issuer.reconcile_quota')}
      SELECT r.* FROM issuer.quota q, issuer.reconcile_quota(q.customer_id, now(), now(), now()) r;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION issuer.reconcile_quota');
  }
}
