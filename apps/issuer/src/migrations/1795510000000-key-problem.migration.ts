import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

/** Customers whose key in a key management service does not sign, and why; a row goes with the next signature. */
export class KeyProblem1795510000000 implements MigrationInterface {
  name = 'KeyProblem1795510000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE issuer.key_problem (
        customer_id uuid PRIMARY KEY,
        key_ref text NOT NULL,
        reason text NOT NULL,
        message text NOT NULL,
        since timestamptz NOT NULL,
        last_at timestamptz NOT NULL
      );
    `);
    await runner.query(enableRowSecurity('issuer.key_problem', { everyCustomer: true }));
    await runner.query(grant('issuer', 'SELECT, INSERT, UPDATE, DELETE', 'issuer.key_problem'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE issuer.key_problem');
  }
}
