import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';

/**
 * A CA that customers share: OCSP asks with the CA's name and a serial number, and has to find whose certificate
 * that is. Of other customers' rows the service sees no more than this.
 */
export class SharedAuthority1795500000000 implements MigrationInterface {
  name = 'SharedAuthority1795500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION revocation.subscriber_of(p_ca uuid, p_serial bytea, p_days date[]) RETURNS uuid
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS $$
        SELECT s.customer_id FROM revocation.issued_serial s
        WHERE s.serial = p_serial AND s.expires_on = ANY(p_days) AND s.ca_id = p_ca
      $$;
      REVOKE ALL ON FUNCTION revocation.subscriber_of FROM PUBLIC;
      ${grant('revocation', 'EXECUTE', 'FUNCTION revocation.subscriber_of')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION revocation.subscriber_of');
  }
}
