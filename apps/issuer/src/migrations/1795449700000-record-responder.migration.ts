import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';

/** Records the certificate of an OCSP responder and the event that tells of it; it counts against no quota. */
const createRecordResponder = `
CREATE FUNCTION issuer.record_responder(
  p_serial bytea, p_customer uuid, p_ca uuid, p_not_before timestamptz, p_not_after timestamptz,
  p_fingerprint bytea, p_der bytea, p_issued bytea
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO issuer.certificate
    (serial, expires_on, customer_id, ca_id, issued_at, expires_at, fingerprint, der)
  VALUES (p_serial, (p_not_after AT TIME ZONE 'UTC')::date, p_customer, p_ca, p_not_before, p_not_after,
    p_fingerprint, p_der);
  INSERT INTO issuer.outbox (type, payload) VALUES ('issued', p_issued);
$$;
`;

export class RecordResponder1795449700000 implements MigrationInterface {
  name = 'RecordResponder1795449700000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createRecordResponder);
    await runner.query('REVOKE ALL ON FUNCTION issuer.record_responder FROM PUBLIC');
    await runner.query(grant('issuer', 'EXECUTE', 'FUNCTION issuer.record_responder'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION issuer.record_responder');
  }
}
