import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';
import { createRecordMints } from './record-mints.sql.js';

/** The entitlement with the highest version wins, in whatever order they arrive. */
const createApplyLimits = `
CREATE FUNCTION issuer.apply_limits(
  p_customer uuid, p_per_minute bigint, p_per_month bigint, p_lifetime bigint, p_per_ttl bigint, p_version bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO issuer.quota AS q (customer_id, per_minute, per_month, lifetime, per_ttl, entitlement_version)
  VALUES (p_customer, p_per_minute, p_per_month, p_lifetime, p_per_ttl, p_version)
  ON CONFLICT (customer_id) DO UPDATE SET
    per_minute = excluded.per_minute, per_month = excluded.per_month,
    lifetime = excluded.lifetime, per_ttl = excluded.per_ttl,
    entitlement_version = excluded.entitlement_version
  WHERE q.entitlement_version < excluded.entitlement_version
$$;
`;

/**
 * Limits that never reset, customers whose CA is another's, and an index for a customer's own certificates: one
 * entry a day, since equal keys share theirs.
 */
export class TiersAndProfiles1795500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE issuer.quota
        ADD COLUMN lifetime bigint CHECK (lifetime >= 0),
        ADD COLUMN per_ttl bigint CHECK (per_ttl >= 0),
        ADD COLUMN used_in_lifetime bigint NOT NULL DEFAULT 0,
        ADD COLUMN used_by_ttl bigint[] NOT NULL DEFAULT '{0,0,0,0,0,0}' CHECK (cardinality(used_by_ttl) = 6);
      COMMENT ON COLUMN issuer.quota.lifetime IS 'Certificates ever; NULL: unlimited';
      COMMENT ON COLUMN issuer.quota.per_ttl IS 'Certificates ever of each bucket of lifetimes; NULL: unlimited';
      COMMENT ON COLUMN issuer.quota.used_by_ttl IS 'Certificates ever of 1h, 1d, 7d, 14d, 30d and 90d';
      ALTER TABLE issuer.customer ADD COLUMN ca_customer_id uuid;
      COMMENT ON COLUMN issuer.customer.ca_customer_id IS 'Whose CA signs for this customer; NULL: its own';
      CREATE INDEX certificate_customer ON issuer.certificate (customer_id, expires_on);
      ${createRecordMints}
      ${createApplyLimits}
      REVOKE ALL ON FUNCTION issuer.apply_limits FROM PUBLIC;
      ${grant('issuer', 'EXECUTE', 'FUNCTION issuer.apply_limits')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION issuer.apply_limits;
      DROP INDEX issuer.certificate_customer;
      ALTER TABLE issuer.customer DROP COLUMN ca_customer_id;
    `);
  }
}
