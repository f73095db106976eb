import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';
import { createAppendAudit } from './append-audit.sql.js';

/** The audit trail: one hash chain a customer, which the service reads and appends to, and cannot change. */
export class CreateAudit1795506400000 implements MigrationInterface {
  name = 'CreateAudit1795506400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE billing.audit_event (
        customer_id uuid NOT NULL,
        sequence bigint NOT NULL CHECK (sequence > 0),
        recorded_at timestamptz NOT NULL,
        body text NOT NULL,
        hash bytea NOT NULL CHECK (octet_length(hash) = 32),
        PRIMARY KEY (customer_id, sequence)
      );
      COMMENT ON COLUMN billing.audit_event.body IS 'A JSON object, to the byte as it was hashed';
      CREATE TABLE billing.audit_head (
        customer_id uuid PRIMARY KEY,
        sequence bigint NOT NULL DEFAULT 0,
        hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
      ) WITH (fillfactor = 50);
      COMMENT ON TABLE billing.audit_head IS 'The last entry of each chain';

      -- Events come at least once, and their entries stand once.
      CREATE TABLE billing.audit_delivery (
        event_id text PRIMARY KEY,
        delivered_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX audit_delivery_delivered_at ON billing.audit_delivery (delivered_at);

      ${['audit_event', 'audit_head'].map((table) => enableRowSecurity(`billing.${table}`)).join('\n')}
      ${grant('billing', 'SELECT', 'billing.audit_event, billing.audit_head')}
      ${grant('billing', 'SELECT, INSERT, DELETE', 'billing.audit_delivery')}
      ${createAppendAudit}
      REVOKE EXECUTE ON FUNCTION billing.append_audit FROM PUBLIC;
      ${grant('billing', 'EXECUTE', 'FUNCTION billing.append_audit')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION billing.append_audit;
      DROP TABLE billing.audit_delivery, billing.audit_head, billing.audit_event;
    `);
  }
}
