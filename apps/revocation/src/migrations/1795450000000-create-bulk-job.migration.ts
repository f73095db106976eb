import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/** Bulk revocations: what was asked, by whom, and how far each is. A replica works on one while its lease lasts. */
export class CreateBulkJob1795450000000 implements MigrationInterface {
  name = 'CreateBulkJob1795450000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE revocation.bulk_job (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL,
        demand bytea NOT NULL,
        created_at timestamptz NOT NULL,
        leased_until timestamptz NOT NULL DEFAULT '-infinity',
        finished_at timestamptz,
        cursor_day date NOT NULL DEFAULT '-infinity',
        cursor_serial bytea NOT NULL DEFAULT '',
        matched bigint NOT NULL DEFAULT 0,
        revoked bigint NOT NULL DEFAULT 0,
        unchanged bigint NOT NULL DEFAULT 0,
        failed bigint NOT NULL DEFAULT 0,
        failures jsonb NOT NULL DEFAULT '[]'
      );
      CREATE INDEX bulk_job_open ON revocation.bulk_job (created_at) WHERE finished_at IS NULL;
      COMMENT ON COLUMN revocation.bulk_job.demand IS 'stackrunner.revocation.v1.StartBulkRevocationRequest';
      COMMENT ON COLUMN revocation.bulk_job.cursor_day IS 'Certificates up to here, by day of expiry and serial number, are done';
      COMMENT ON COLUMN revocation.bulk_job.failures IS 'The first 1000: serial number in hexadecimal and code';
    `);
    await queryRunner.query(enableRowSecurity('revocation.bulk_job', { everyCustomer: true }));
    await queryRunner.query(grant('revocation', 'SELECT, INSERT, UPDATE', 'revocation.bulk_job'));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE revocation.bulk_job');
  }
}
