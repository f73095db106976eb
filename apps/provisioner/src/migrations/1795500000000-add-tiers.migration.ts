import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Free customers, and the one that holds the CA which they share. */
export class AddTiers1795500000000 implements MigrationInterface {
  name = 'AddTiers1795500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE provisioner.customer
        ADD COLUMN tier text NOT NULL DEFAULT 'dev' CHECK (tier IN ('dev', 'free', 'shared'));
      CREATE UNIQUE INDEX customer_shared ON provisioner.customer (tier) WHERE tier = 'shared';
      CREATE INDEX customer_waiting ON provisioner.customer (id) WHERE tier = 'free' AND activated_at IS NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE provisioner.customer DROP COLUMN tier');
  }
}
