import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/** The one birth certificate that a customer may have (specification 2 §3). */
export class CreateBirthCert1795502000000 implements MigrationInterface {
  name = 'CreateBirthCert1795502000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway.birth_cert (
        customer_id uuid PRIMARY KEY REFERENCES gateway.customer,
        -- Of the request to the issuer: whoever asks for this customer's asks under the same key, which gives one answer.
        mint_key uuid NOT NULL DEFAULT gen_random_uuid(),
        created_at timestamptz NOT NULL DEFAULT now(),
        certificate bytea,
        chain bytea[],
        serial bytea,
        fingerprint bytea UNIQUE CHECK (octet_length(fingerprint) = 32),
        issued_at timestamptz,
        expires_at timestamptz,
        CHECK (num_nulls(certificate, chain, serial, fingerprint, issued_at, expires_at) IN (0, 6))
      );
      COMMENT ON COLUMN gateway.birth_cert.fingerprint IS 'SHA-256 of the certificate; NULL while it is being issued';
      ${enableRowSecurity('gateway.birth_cert')}
      ${grant('gateway', 'SELECT, INSERT, UPDATE, DELETE', 'gateway.birth_cert')}

      -- Who has authenticated a connection is known by the certificate alone.
      CREATE FUNCTION gateway.find_birth_cert(wanted bytea, at timestamptz)
        RETURNS TABLE (customer_id uuid, handle text, status text, tier text, serial bytea, expires_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          SELECT c.customer_id, c.handle, c.status, c.tier, b.serial, b.expires_at
          FROM gateway.birth_cert b JOIN gateway.customer c USING (customer_id)
          WHERE b.fingerprint = wanted AND b.expires_at > at
        $$;
      REVOKE EXECUTE ON FUNCTION gateway.find_birth_cert FROM PUBLIC;
      ${grant('gateway', 'EXECUTE', 'FUNCTION gateway.find_birth_cert')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION gateway.find_birth_cert; DROP TABLE gateway.birth_cert;');
  }
}
