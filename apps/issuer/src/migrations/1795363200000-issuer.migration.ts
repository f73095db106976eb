import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createEnsurePartitions, createOutbox, enableRowSecurity, grant } from '#libs/database';
import { createRecordMints } from './record-mints.sql.js';

/**
 * Certificates are partitioned by the month of their expiry and found by day of expiry and serial number.
 * The day comes first on purpose: serial numbers are random, so an index that began with them would touch
 * another page for every certificate, and a mint would cost more the more is stored.
 */
const tables = `
CREATE TABLE issuer.certificate (
  serial bytea NOT NULL,
  expires_on date NOT NULL,
  customer_id uuid NOT NULL,
  ca_id uuid NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  fingerprint bytea NOT NULL,
  der bytea NOT NULL,
  batch_number bigint,
  PRIMARY KEY (expires_on, serial)
) PARTITION BY RANGE (expires_on);
CREATE TABLE issuer.certificate_default PARTITION OF issuer.certificate DEFAULT;
ALTER TABLE issuer.certificate_default ENABLE ROW LEVEL SECURITY;

CREATE TABLE issuer.quota (
  customer_id uuid PRIMARY KEY,
  per_minute bigint CHECK (per_minute >= 0),
  per_month bigint CHECK (per_month >= 0),
  entitlement_version bigint NOT NULL,
  month date NOT NULL DEFAULT '-infinity',
  used_in_month bigint NOT NULL DEFAULT 0,
  last_batch bigint NOT NULL DEFAULT 0,
  window_at bigint[] NOT NULL DEFAULT '{}',
  window_count bigint[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 25);
COMMENT ON COLUMN issuer.quota.per_minute IS 'Certificates in any 60 seconds; NULL: unlimited';
COMMENT ON COLUMN issuer.quota.per_month IS 'Certificates in a calendar month (UTC); NULL: unlimited';
COMMENT ON COLUMN issuer.quota.month IS 'First day of the month that used_in_month counts';
COMMENT ON COLUMN issuer.quota.window_at IS 'Epoch milliseconds of the last mint of each second, oldest first';
COMMENT ON COLUMN issuer.quota.window_count IS 'Certificates of each of these seconds';

CREATE TABLE issuer.idempotency (
  customer_id uuid NOT NULL,
  key_hash bytea NOT NULL,
  body_hash bytea NOT NULL,
  ca_id uuid NOT NULL,
  serials bytea[] NOT NULL,
  not_after timestamptz NOT NULL,
  batch_number bigint,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, key_hash)
);
CREATE INDEX idempotency_expires_at ON issuer.idempotency (expires_at);

CREATE TABLE issuer.customer (
  customer_id uuid PRIMARY KEY,
  handle text NOT NULL,
  status smallint NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE issuer.authority (
  ca_id uuid PRIMARY KEY,
  customer_id uuid NOT NULL,
  handle text,
  key_ref text,
  algorithm smallint,
  intermediate_der bytea,
  root_der bytea,
  generation integer,
  retired boolean NOT NULL DEFAULT false,
  CHECK (retired OR num_nulls(handle, key_ref, algorithm, intermediate_der, root_der, generation) = 0)
);
CREATE INDEX authority_customer ON issuer.authority (customer_id);
COMMENT ON TABLE issuer.authority IS 'Intermediates; one that was retired before it was heard of is known by its ids only';
`;

/** The entitlement with the highest version wins, in whatever order they arrive. */
const createApplyEntitlement = `
CREATE FUNCTION issuer.apply_entitlement(
  p_customer uuid, p_per_minute bigint, p_per_month bigint, p_version bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO issuer.quota AS q (customer_id, per_minute, per_month, entitlement_version)
  VALUES (p_customer, p_per_minute, p_per_month, p_version)
  ON CONFLICT (customer_id) DO UPDATE SET
    per_minute = excluded.per_minute, per_month = excluded.per_month,
    entitlement_version = excluded.entitlement_version
  WHERE q.entitlement_version < excluded.entitlement_version
$$;
`;

const createPurgeIdempotency = `
CREATE FUNCTION issuer.purge_idempotency(p_now timestamptz, p_limit integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH expired AS (
    SELECT customer_id, key_hash FROM issuer.idempotency
    WHERE expires_at <= p_now LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), purged AS (
    DELETE FROM issuer.idempotency USING expired
    WHERE idempotency.customer_id = expired.customer_id AND idempotency.key_hash = expired.key_hash
    RETURNING 1
  )
  SELECT count(*) FROM purged
$$;
`;

const tenantTables = ['certificate', 'quota', 'idempotency', 'customer', 'authority'];
const functions = ['record_mints', 'ensure_partitions', 'apply_entitlement', 'purge_idempotency'];

export class Issuer1795363200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(createOutbox('issuer'));
    for (const table of tenantTables) {
      await runner.query(enableRowSecurity(`issuer.${table}`));
      await runner.query(grant('issuer', 'SELECT', `issuer.${table}`));
    }
    await runner.query(grant('issuer', 'INSERT, UPDATE', 'issuer.customer'));
    await runner.query(grant('issuer', 'INSERT, UPDATE', 'issuer.authority'));
    await runner.query(createRecordMints);
    await runner.query(
      createEnsurePartitions({ service: 'issuer', table: 'certificate', column: 'expires_on' }),
    );
    await runner.query(createApplyEntitlement);
    await runner.query(createPurgeIdempotency);
    for (const name of functions) {
      await runner.query(`REVOKE ALL ON FUNCTION issuer.${name} FROM PUBLIC`);
      await runner.query(grant('issuer', 'EXECUTE', `FUNCTION issuer.${name}`));
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of functions) await runner.query(`DROP FUNCTION issuer.${name}`);
    for (const table of [...tenantTables, 'outbox']) await runner.query(`DROP TABLE issuer.${table}`);
  }
}
