import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Serial numbers are random and hardly compress: to try takes seconds for a large CRL, and most of what a small one
 * costs to keep.
 */
export class CrlAsItIs1795600000000 implements MigrationInterface {
  name = 'CrlAsItIs1795600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE revocation.crl ALTER COLUMN der SET STORAGE EXTERNAL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE revocation.crl ALTER COLUMN der SET STORAGE EXTENDED');
  }
}
