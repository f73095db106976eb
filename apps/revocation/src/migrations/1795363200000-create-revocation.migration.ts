import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createEnsurePartitions, enableRowSecurity, grant } from '#libs/database';

/**
 * Every serial number that was issued, for whom, by which CA, and until when.
 *
 * Partitioned by the month of expiry. The key begins with the day: serial numbers are random, so a key that
 * began with them would touch another page for every certificate, and recording one would cost more the more
 * are stored. A search asks for the number day by day, and the likely days come first.
 */
const tables = `
  CREATE TABLE revocation.issued_serial (
    serial bytea NOT NULL,
    customer_id uuid NOT NULL,
    ca_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    expires_on date NOT NULL,
    PRIMARY KEY (expires_on, serial)
  ) PARTITION BY RANGE (expires_on);
  COMMENT ON COLUMN revocation.issued_serial.serial IS 'Unsigned, big-endian, at least 16 octets';
  COMMENT ON COLUMN revocation.issued_serial.expires_on IS 'The UTC day of expires_at';

  CREATE TABLE revocation.issued_serial_default PARTITION OF revocation.issued_serial DEFAULT;
  CREATE INDEX issued_serial_default_serial ON revocation.issued_serial_default (serial);
`;

const insertIssued = `
    INSERT INTO revocation.issued_serial (serial, customer_id, ca_id, expires_at, expires_on)
    SELECT i.serial, i.customer_id, i.ca_id, i.expires_at, (i.expires_at AT TIME ZONE 'UTC')::date
    FROM unnest(p_serial, p_customer, p_ca, p_expires_at) AS i(serial, customer_id, ca_id, expires_at)`;

/**
 * The one writer: the same serial number again changes nothing. It looks for known numbers only after the
 * key has found one, because ON CONFLICT costs half as much again and events seldom come twice.
 */
const createRecordIssued = `
CREATE FUNCTION revocation.record_issued(
  p_serial bytea[], p_customer uuid[], p_ca uuid[], p_expires_at timestamptz[]
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

export class CreateRevocation1795363200000 implements MigrationInterface {
  name = 'CreateRevocation1795363200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(tables);
    for (const table of ['revocation.issued_serial', 'revocation.issued_serial_default']) {
      await queryRunner.query(enableRowSecurity(table));
      await queryRunner.query(grant('revocation', 'SELECT', table));
    }
    await queryRunner.query(createRecordIssued);
    await queryRunner.query('REVOKE ALL ON FUNCTION revocation.record_issued FROM PUBLIC');
    await queryRunner.query(grant('revocation', 'EXECUTE', 'FUNCTION revocation.record_issued'));
    await queryRunner.query(
      createEnsurePartitions({ service: 'revocation', table: 'issued_serial', column: 'expires_on' }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION revocation.record_issued, revocation.ensure_partitions;
      DROP TABLE revocation.issued_serial;
    `);
  }
}
