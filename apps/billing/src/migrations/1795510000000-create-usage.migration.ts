import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/** What each customer used in each month, and the nights that were reconciled. */
export class CreateUsage1795510000000 implements MigrationInterface {
  name = 'CreateUsage1795510000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE billing.usage_snapshot (
        customer_id uuid NOT NULL,
        month date NOT NULL CHECK (extract(day FROM month) = 1),
        issued bigint NOT NULL,
        in_trail bigint NOT NULL,
        taken_at timestamptz NOT NULL,
        PRIMARY KEY (customer_id, month)
      );
      COMMENT ON COLUMN billing.usage_snapshot.issued IS 'Certificates of the month until taken_at';
      COMMENT ON COLUMN billing.usage_snapshot.in_trail IS 'How many of them the audit trail tells of';
      ${enableRowSecurity('billing.usage_snapshot')}
      ${grant('billing', 'SELECT, INSERT, UPDATE', 'billing.usage_snapshot')}

      CREATE TABLE billing.reconciled_night (
        night date PRIMARY KEY,
        finished_at timestamptz NOT NULL
      );
      ${grant('billing', 'SELECT, INSERT', 'billing.reconciled_night')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE billing.reconciled_night, billing.usage_snapshot');
  }
}
