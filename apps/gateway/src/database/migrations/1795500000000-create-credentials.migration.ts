import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/**
 * Tiers of customers, and scoped credentials: permissions, the signing certs that may issue under each and in
 * which modes, and the credentials that prove a permission (specification 2 §2).
 */
export class CreateCredentials1795500000000 implements MigrationInterface {
  name = 'CreateCredentials1795500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gateway.customer
        ADD COLUMN tier text NOT NULL DEFAULT 'dev' CHECK (tier IN ('dev', 'free'));

      CREATE TABLE gateway.signing_cert (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL REFERENCES gateway.customer,
        label text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (customer_id, label),
        UNIQUE (customer_id, id)
      );
      COMMENT ON TABLE gateway.signing_cert IS 'What a scoped credential names to be signed by; it outlives a rotation of the CA behind it';

      CREATE TABLE gateway.permission (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL REFERENCES gateway.customer,
        label text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        UNIQUE (customer_id, id)
      );
      CREATE UNIQUE INDEX permission_label ON gateway.permission (customer_id, label) WHERE deleted_at IS NULL;

      CREATE TABLE gateway.permission_signing_cert (
        permission_id uuid NOT NULL,
        cert_id uuid NOT NULL,
        customer_id uuid NOT NULL,
        modes text[] NOT NULL CHECK (cardinality(modes) > 0 AND modes <@ ARRAY['sign_leaf', 'cross_sign']),
        PRIMARY KEY (permission_id, cert_id),
        -- With the customer, so that nothing joins what belongs to two.
        FOREIGN KEY (customer_id, permission_id) REFERENCES gateway.permission (customer_id, id),
        FOREIGN KEY (customer_id, cert_id) REFERENCES gateway.signing_cert (customer_id, id)
      );

      CREATE TABLE gateway.credential (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL,
        permission_id uuid NOT NULL,
        hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
        label text NOT NULL,
        max_ttl_seconds integer CHECK (max_ttl_seconds > 0),
        name_constraints jsonb,
        source_networks text[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        FOREIGN KEY (customer_id, permission_id) REFERENCES gateway.permission (customer_id, id)
      );
      CREATE INDEX credential_customer ON gateway.credential (customer_id, created_at);

      ${['signing_cert', 'permission', 'permission_signing_cert', 'credential']
        .map((table) => enableRowSecurity(`gateway.${table}`))
        .join('\n')}
      ${grant('gateway', 'SELECT, INSERT', 'gateway.signing_cert')}
      ${grant('gateway', 'SELECT, INSERT, UPDATE', 'gateway.permission')}
      ${grant('gateway', 'SELECT, INSERT, UPDATE, DELETE', 'gateway.permission_signing_cert')}
      ${grant('gateway', 'SELECT, INSERT, UPDATE', 'gateway.credential')}

      -- Whom an opaque token stands for. A credential that is revoked or has expired is as unknown as one that never was.
      CREATE FUNCTION gateway.find_tokens(wanted bytea[], at timestamptz)
        RETURNS TABLE (hash bytea, customer_id uuid, handle text, status text, tier text, credential_id uuid,
          permission_id uuid, grants jsonb, expires_at timestamptz, max_ttl_seconds integer,
          name_constraints jsonb, source_networks text[])
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          SELECT b.hash, b.customer_id, c.handle, c.status, c.tier, NULL::uuid, NULL::uuid, NULL::jsonb,
            NULL::timestamptz, NULL::integer, NULL::jsonb, NULL::text[]
          FROM gateway.bearer b JOIN gateway.customer c USING (customer_id)
          WHERE b.hash = ANY (wanted)
          UNION ALL
          SELECT k.hash, k.customer_id, c.handle, c.status, c.tier, k.id, k.permission_id,
            (SELECT coalesce(jsonb_object_agg(g.cert_id, g.modes), '{}')
              FROM gateway.permission_signing_cert g WHERE g.permission_id = k.permission_id),
            k.expires_at, k.max_ttl_seconds, k.name_constraints, k.source_networks
          FROM gateway.credential k JOIN gateway.customer c USING (customer_id)
          WHERE k.hash = ANY (wanted) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at)
        $$;
      -- Many credentials of many customers at once, some seconds after they were used.
      CREATE FUNCTION gateway.note_credential_use(ids uuid[], used timestamptz[]) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          UPDATE gateway.credential k SET last_used_at = u.used
          FROM (SELECT * FROM unnest(ids, used) AS each(id, used) ORDER BY id) u
          WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.used)
        $$;
      REVOKE EXECUTE ON FUNCTION gateway.find_tokens, gateway.note_credential_use FROM PUBLIC;
      ${grant('gateway', 'EXECUTE', 'FUNCTION gateway.find_tokens, gateway.note_credential_use')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION gateway.note_credential_use, gateway.find_tokens;
      DROP TABLE gateway.credential, gateway.permission_signing_cert, gateway.permission, gateway.signing_cert;
      ALTER TABLE gateway.customer DROP COLUMN tier;
    `);
  }
}
