import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createOutbox, enableRowSecurity, grant } from '#libs/database';

/** What each customer is entitled to. */
export class CreateBilling1795363200000 implements MigrationInterface {
  name = 'CreateBilling1795363200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE billing.entitlement (
        customer_id uuid PRIMARY KEY,
        plan text NOT NULL,
        per_minute bigint CHECK (per_minute BETWEEN 0 AND 1000000000),
        per_month bigint CHECK (per_month BETWEEN 0 AND 1000000000),
        version bigint NOT NULL CHECK (version > 0),
        created_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL
      );
      COMMENT ON COLUMN billing.entitlement.per_minute IS 'Certificates in any 60 seconds; NULL: unlimited';
      COMMENT ON COLUMN billing.entitlement.per_month IS 'Certificates in a calendar month (UTC); NULL: unlimited';
      ${enableRowSecurity('billing.entitlement')}
      ${grant('billing', 'SELECT, INSERT, UPDATE', 'billing.entitlement')}
      ${createOutbox('billing')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE billing.outbox, billing.entitlement');
  }
}
