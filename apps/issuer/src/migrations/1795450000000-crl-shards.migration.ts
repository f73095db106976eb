import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parts of an intermediate's CRL: each certificate names the one that it is in. */
export class CrlShards1795450000000 implements MigrationInterface {
  name = 'CrlShards1795450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE issuer.authority ADD COLUMN crl_shards smallint NOT NULL DEFAULT 1 CHECK (crl_shards BETWEEN 1 AND 128)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE issuer.authority DROP COLUMN crl_shards');
  }
}
