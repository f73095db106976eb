import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createOutbox, enableRowSecurity, grant } from '#libs/database';
import {
  createAppendJournal,
  createApplyEntry,
  createJournalHash,
  createLockHead,
  createReplayJournal,
} from './append-journal.sql.js';

/**
 * The journal is what revocation says for good: rows are only ever added, each carries the hash of the one
 * before it, and a customer's rows are numbered without gaps in the order in which they were committed.
 * `revoked` is what follows from it: one row for each certificate that is revoked or on hold now.
 *
 * The columns that issued serial numbers gain are those by which an operator picks many at once. They are
 * NULL for what was issued before. The index by time has one entry for 128 pages, so recording stays cheap.
 */
const tables = `
  CREATE TABLE revocation.journal (
    customer_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    ca_id uuid NOT NULL,
    serial bytea NOT NULL,
    reason smallint NOT NULL CHECK (reason BETWEEN 0 AND 10 AND reason <> 7),
    recorded_at timestamptz NOT NULL,
    invalidity_date timestamptz,
    expires_at timestamptz NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id text NOT NULL,
    job_id uuid,
    hash bytea NOT NULL,
    PRIMARY KEY (customer_id, sequence)
  );
  CREATE INDEX journal_ca ON revocation.journal (ca_id, sequence);
  COMMENT ON COLUMN revocation.journal.ca_id IS 'The CA that issued the certificate, and lists it in its CRL';
  COMMENT ON COLUMN revocation.journal.reason IS 'CRLReason, RFC 5280 §5.3.1; 8 lifts a hold';
  COMMENT ON COLUMN revocation.journal.hash IS 'SHA-256 over the hash of the entry before and this entry';

  CREATE FUNCTION revocation.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the revocation journal is append-only' USING ERRCODE = 'restrict_violation';
  END
  $$;
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON revocation.journal
    FOR EACH STATEMENT EXECUTE FUNCTION revocation.refuse_change();

  CREATE TABLE revocation.journal_head (
    customer_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    changed_at timestamptz NOT NULL
  ) WITH (fillfactor = 50);
  CREATE INDEX journal_head_changed ON revocation.journal_head (changed_at);
  COMMENT ON TABLE revocation.journal_head IS 'The last journal entry of each customer';

  CREATE TABLE revocation.revoked (
    ca_id uuid NOT NULL,
    serial bytea NOT NULL,
    customer_id uuid NOT NULL,
    revoked_at timestamptz NOT NULL,
    reason smallint NOT NULL,
    invalidity_date timestamptz,
    expires_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (ca_id, serial)
  );
  COMMENT ON COLUMN revocation.revoked.revoked_at IS 'The first time, also when a hold became final';
  COMMENT ON COLUMN revocation.revoked.sequence IS 'The journal entry that says so';

  ALTER TABLE revocation.issued_serial ADD COLUMN issued_at timestamptz, ADD COLUMN credential_id uuid;
  CREATE INDEX issued_serial_issued_at ON revocation.issued_serial USING brin (issued_at);
  COMMENT ON COLUMN revocation.issued_serial.credential_id IS 'Scoped credential that minted it; NULL: the master bearer';
`;

/** The one of four arguments stays for replicas of the version before, as long as both run. */
const createRecordIssued = `
CREATE FUNCTION revocation.record_issued(
  p_serial bytea[], p_customer uuid[], p_ca uuid[], p_issued_at timestamptz[], p_expires_at timestamptz[],
  p_credential uuid[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  BEGIN
    INSERT INTO revocation.issued_serial
      (serial, customer_id, ca_id, issued_at, expires_at, expires_on, credential_id)
    SELECT i.serial, i.customer, i.ca, i.issued_at, i.expires_at, (i.expires_at AT TIME ZONE 'UTC')::date,
      NULLIF(i.credential, '00000000-0000-0000-0000-000000000000')
    FROM unnest(p_serial, p_customer, p_ca, p_issued_at, p_expires_at, p_credential)
      AS i(serial, customer, ca, issued_at, expires_at, credential);
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO revocation.issued_serial
      (serial, customer_id, ca_id, issued_at, expires_at, expires_on, credential_id)
    SELECT i.serial, i.customer, i.ca, i.issued_at, i.expires_at, (i.expires_at AT TIME ZONE 'UTC')::date,
      NULLIF(i.credential, '00000000-0000-0000-0000-000000000000')
    FROM unnest(p_serial, p_customer, p_ca, p_issued_at, p_expires_at, p_credential)
      AS i(serial, customer, ca, issued_at, expires_at, credential)
    ON CONFLICT DO NOTHING;
  END;
END
$$;
`;

const ownFunctions = [
  'record_issued(bytea[], uuid[], uuid[], timestamptz[], timestamptz[], uuid[])',
  'append_journal',
  'replay_journal',
] as const;

export class CreateJournal1795449600000 implements MigrationInterface {
  name = 'CreateJournal1795449600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(tables);
    for (const table of ['revocation.journal', 'revocation.journal_head', 'revocation.revoked']) {
      await queryRunner.query(enableRowSecurity(table, { everyCustomer: true }));
      await queryRunner.query(grant('revocation', 'SELECT', table));
    }
    await queryRunner.query(createOutbox('revocation'));
    await queryRunner.query(createRecordIssued);
    for (const sql of [
      ...[createJournalHash, createApplyEntry, createLockHead],
      ...[createAppendJournal, createReplayJournal],
    ]) {
      await queryRunner.query(sql);
    }
    for (const name of ownFunctions) {
      await queryRunner.query(`REVOKE ALL ON FUNCTION revocation.${name} FROM PUBLIC`);
      await queryRunner.query(grant('revocation', 'EXECUTE', `FUNCTION revocation.${name}`));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION revocation.append_journal, revocation.replay_journal, revocation.lock_head, revocation.apply_entry,
        revocation.journal_hash;
      DROP FUNCTION revocation.record_issued(bytea[], uuid[], uuid[], timestamptz[], timestamptz[], uuid[]);
      DROP TABLE revocation.outbox, revocation.revoked, revocation.journal_head, revocation.journal;
      DROP FUNCTION revocation.refuse_change;
      DROP INDEX revocation.issued_serial_issued_at;
      ALTER TABLE revocation.issued_serial DROP COLUMN issued_at, DROP COLUMN credential_id;
    `);
  }
}
