import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Into how many parts the CRL of a customer's intermediates is split: its certificates name their part for good. */
export class CrlShards1795449900000 implements MigrationInterface {
  name = 'CrlShards1795449900000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE provisioner.customer ADD COLUMN crl_shards smallint NOT NULL DEFAULT 1
        CHECK (crl_shards BETWEEN 1 AND 128)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE provisioner.customer DROP COLUMN crl_shards');
  }
}
