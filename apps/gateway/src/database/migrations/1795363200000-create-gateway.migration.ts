import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createOutbox, enableRowSecurity, grant } from '#libs/database';

/** Customers as the gateway needs them, their bearers, and the gateway's outbox. */
export class CreateGateway1795363200000 implements MigrationInterface {
  name = 'CreateGateway1795363200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway.customer (
        customer_id uuid PRIMARY KEY,
        handle text NOT NULL UNIQUE,
        status text NOT NULL CHECK (status IN ('provisioning', 'active', 'suspended')),
        -- The provisioner's own count of changes: an older one never replaces a newer.
        version bigint NOT NULL
      );
      ${enableRowSecurity('gateway.customer')}
      ${grant('gateway', 'SELECT, INSERT, UPDATE', 'gateway.customer')}

      CREATE TABLE gateway.bearer (
        hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
        customer_id uuid NOT NULL REFERENCES gateway.customer,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX bearer_customer ON gateway.bearer (customer_id);
      ${enableRowSecurity('gateway.bearer')}
      ${grant('gateway', 'SELECT, INSERT, DELETE', 'gateway.bearer')}

      -- A request names its customer only by a bearer or a handle: these two reads come before any tenant is known.
      CREATE FUNCTION gateway.find_bearers(wanted bytea[])
        RETURNS TABLE (hash bytea, customer_id uuid, handle text, status text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
          SELECT b.hash, b.customer_id, c.handle, c.status
          FROM gateway.bearer b JOIN gateway.customer c USING (customer_id)
          WHERE b.hash = ANY (wanted)
        $$;
      CREATE FUNCTION gateway.find_customer(wanted text) RETURNS TABLE (customer_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
          SELECT c.customer_id FROM gateway.customer c WHERE c.handle = wanted
        $$;
      REVOKE EXECUTE ON FUNCTION gateway.find_bearers, gateway.find_customer FROM PUBLIC;
      ${grant('gateway', 'EXECUTE', 'FUNCTION gateway.find_bearers, gateway.find_customer')}

      ${createOutbox('gateway')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE gateway.outbox;
      DROP FUNCTION gateway.find_customer, gateway.find_bearers;
      DROP TABLE gateway.bearer, gateway.customer;
    `);
  }
}
