import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Limits of the Free tier: certificates ever, in all and of each bucket of lifetimes. */
export class AddLifetimeLimits1795500000000 implements MigrationInterface {
  name = 'AddLifetimeLimits1795500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE billing.entitlement
        ADD COLUMN lifetime bigint CHECK (lifetime BETWEEN 0 AND 1000000000),
        ADD COLUMN per_ttl bigint CHECK (per_ttl BETWEEN 0 AND 1000000000);
      COMMENT ON COLUMN billing.entitlement.lifetime IS 'Certificates ever; NULL: unlimited';
      COMMENT ON COLUMN billing.entitlement.per_ttl IS 'Certificates ever of each bucket of lifetimes; NULL: unlimited';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE billing.entitlement DROP COLUMN lifetime, DROP COLUMN per_ttl');
  }
}
