import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A CRL may have more parts: what a revocation costs is the length of its part. */
export class MoreCrlShards1796100000000 implements MigrationInterface {
  name = 'MoreCrlShards1796100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE revocation.authority DROP CONSTRAINT authority_shards_check,
        ADD CONSTRAINT authority_shards_check CHECK (shards BETWEEN 1 AND 1024)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE revocation.authority DROP CONSTRAINT authority_shards_check,
        ADD CONSTRAINT authority_shards_check CHECK (shards BETWEEN 1 AND 128)`);
  }
}
