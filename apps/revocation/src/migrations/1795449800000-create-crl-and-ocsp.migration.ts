import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/**
 * What is told to relying parties: whose certificates this service speaks about, the CRLs as they are published, and
 * the responders that sign for OCSP.
 */
const tables = `
  CREATE TABLE revocation.authority (
    ca_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    handle text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('root', 'intermediate')),
    generation integer NOT NULL,
    key_ref text,
    certificate bytea NOT NULL,
    shards smallint NOT NULL CHECK (shards BETWEEN 1 AND 128),
    CHECK (kind = 'root' OR key_ref IS NOT NULL)
  );
  CREATE INDEX authority_customer ON revocation.authority (customer_id);
  COMMENT ON TABLE revocation.authority IS 'CAs that have certificates to speak about, retired ones included';
  COMMENT ON COLUMN revocation.authority.shards IS 'Parts of its CRL: certificates name theirs, so it never changes';

  CREATE TABLE revocation.crl (
    ca_id uuid NOT NULL,
    shard smallint NOT NULL,
    delta boolean NOT NULL,
    customer_id uuid NOT NULL,
    number bigint NOT NULL,
    base bigint,
    base_sequence bigint NOT NULL,
    journal_sequence bigint NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz NOT NULL,
    scheduled_at timestamptz NOT NULL,
    generated_at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    revoked_count bigint NOT NULL,
    der bytea NOT NULL,
    PRIMARY KEY (ca_id, shard, delta)
  );
  CREATE INDEX crl_generated_at ON revocation.crl (generated_at);
  COMMENT ON COLUMN revocation.crl.base IS 'The number of the full CRL that a delta CRL adds to';
  COMMENT ON COLUMN revocation.crl.base_sequence IS 'The journal as that full CRL has it; a full CRL: of its own delta CRL';
  COMMENT ON COLUMN revocation.crl.journal_sequence IS 'The journal of the customer up to here is in it';
  COMMENT ON COLUMN revocation.crl.scheduled_at IS 'When the last one was made by the clock: what expired before leaves with the next';

  CREATE TABLE revocation.crl_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL,
    ca_id uuid NOT NULL,
    shard smallint NOT NULL,
    delta boolean NOT NULL,
    at timestamptz NOT NULL,
    number bigint,
    cause text NOT NULL,
    problem text
  );
  CREATE INDEX crl_event_of ON revocation.crl_event (ca_id, shard, delta, id);

  CREATE TABLE revocation.responder (
    ca_id uuid NOT NULL,
    generation integer NOT NULL,
    customer_id uuid NOT NULL,
    key_ref text NOT NULL,
    certificate bytea NOT NULL,
    not_after timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (ca_id, generation)
  );
  COMMENT ON TABLE revocation.responder IS 'Delegated OCSP responders; the newest of a CA signs';
`;

const granted = {
  'revocation.authority': 'SELECT, INSERT, UPDATE',
  'revocation.crl': 'SELECT, INSERT, UPDATE',
  'revocation.crl_event': 'SELECT, INSERT, DELETE',
  'revocation.responder': 'SELECT, INSERT',
} as const;

export class CreateCrlAndOcsp1795449800000 implements MigrationInterface {
  name = 'CreateCrlAndOcsp1795449800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(tables);
    for (const [table, rights] of Object.entries(granted)) {
      await queryRunner.query(enableRowSecurity(table, { everyCustomer: true }));
      await queryRunner.query(grant('revocation', rights, table));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'DROP TABLE revocation.responder, revocation.crl_event, revocation.crl, revocation.authority',
    );
  }
}
