import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';

/** Keys that somebody has reported as compromised. They belong to no customer: a key that is known is known to all. */
export class BlockedKeys1795449900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE issuer.blocked_key (
        spki bytea PRIMARY KEY,
        blocked_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX blocked_key_blocked_at ON issuer.blocked_key (blocked_at);
      COMMENT ON COLUMN issuer.blocked_key.spki IS 'SubjectPublicKeyInfo in DER';
    `);
    await runner.query(grant('issuer', 'SELECT, INSERT', 'issuer.blocked_key'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE issuer.blocked_key');
  }
}
