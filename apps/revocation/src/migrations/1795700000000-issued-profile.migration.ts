import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';

/**
 * As what a certificate was issued, where that is no plain mint. NULL costs no octet of a row: nearly all are minted.
 * What was recorded before has NULL too.
 */
const column = `
  ALTER TABLE revocation.issued_serial ADD COLUMN profile text;
  COMMENT ON COLUMN revocation.issued_serial.profile IS 'As stackrunner.event.v1.ProfiledSerials names it; NULL: mint';
`;

const signature = 'record_issued(bytea[], uuid[], uuid[], timestamptz[], timestamptz[], uuid[], text[])';

const insertIssued = `
    INSERT INTO revocation.issued_serial
      (serial, customer_id, ca_id, issued_at, expires_at, expires_on, credential_id, profile)
    SELECT i.serial, i.customer, i.ca, i.issued_at, i.expires_at, (i.expires_at AT TIME ZONE 'UTC')::date,
      NULLIF(i.credential, '00000000-0000-0000-0000-000000000000'), i.profile
    FROM unnest(p_serial, p_customer, p_ca, p_issued_at, p_expires_at, p_credential, p_profile)
      AS i(serial, customer, ca, issued_at, expires_at, credential, profile)`;

/** An array of profiles that is shorter than the others ends in NULL. The one of six arguments stays for replicas of the version before. */
const createRecordIssued = `
CREATE FUNCTION revocation.record_issued(
  p_serial bytea[], p_customer uuid[], p_ca uuid[], p_issued_at timestamptz[], p_expires_at timestamptz[],
  p_credential uuid[], p_profile text[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  BEGIN${insertIssued};
  EXCEPTION WHEN unique_violation THEN${insertIssued}
    ON CONFLICT DO NOTHING;
  END;
END
$$;
`;

export class IssuedProfile1795700000000 implements MigrationInterface {
  name = 'IssuedProfile1795700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(column);
    await queryRunner.query(createRecordIssued);
    await queryRunner.query(`REVOKE ALL ON FUNCTION revocation.${signature} FROM PUBLIC`);
    await queryRunner.query(grant('revocation', 'EXECUTE', `FUNCTION revocation.${signature}`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION revocation.${signature};
      ALTER TABLE revocation.issued_serial DROP COLUMN profile;
    `);
  }
}
