import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createOutbox, enableRowSecurity, grant } from '#libs/database';

const algorithm = `text NOT NULL CHECK (%s IN ('P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'))`;
const algorithmColumn = (name: string) => `${name} ${algorithm.replace('%s', name)}`;

/** Customers, their authorities, and the ceremonies that make them. */
export class CreateProvisioner1795363200000 implements MigrationInterface {
  name = 'CreateProvisioner1795363200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE provisioner.customer (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- Octet order, so that a page of handles ends where the next begins on every server.
        handle text COLLATE "C" NOT NULL UNIQUE,
        status text NOT NULL CHECK (status IN ('provisioning', 'active', 'suspended')),
        version integer NOT NULL,
        ${algorithmColumn('root_algorithm')},
        ${algorithmColumn('intermediate_algorithm')},
        name_constraints jsonb,
        created_at timestamptz NOT NULL,
        activated_at timestamptz,
        CHECK (status <> 'active' OR activated_at IS NOT NULL)
      );
      ${enableRowSecurity('provisioner.customer', { column: 'id', everyCustomer: true })}
      ${grant('provisioner', 'SELECT, INSERT, UPDATE', 'provisioner.customer')}

      CREATE TABLE provisioner.authority (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL REFERENCES provisioner.customer,
        kind text NOT NULL CHECK (kind IN ('root', 'intermediate')),
        generation integer NOT NULL CHECK (generation > 0),
        key_ref text NOT NULL UNIQUE,
        ${algorithmColumn('algorithm')},
        to_be_signed bytea,
        certificate bytea CHECK (certificate IS NULL OR to_be_signed IS NOT NULL),
        created_at timestamptz NOT NULL,
        -- There are never two roots.
        UNIQUE (customer_id, kind, generation)
      );
      ${enableRowSecurity('provisioner.authority')}
      ${grant('provisioner', 'SELECT, INSERT, UPDATE', 'provisioner.authority')}

      CREATE TABLE provisioner.trust_artifact (
        customer_id uuid NOT NULL REFERENCES provisioner.customer,
        generation integer NOT NULL,
        root bytea NOT NULL,
        intermediate bytea NOT NULL,
        authority_id uuid NOT NULL REFERENCES provisioner.authority,
        published_at timestamptz NOT NULL,
        PRIMARY KEY (customer_id, generation)
      );
      ${enableRowSecurity('provisioner.trust_artifact')}
      ${grant('provisioner', 'SELECT, INSERT', 'provisioner.trust_artifact')}

      CREATE TABLE provisioner.ceremony (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id uuid NOT NULL REFERENCES provisioner.customer,
        generation integer NOT NULL,
        step text NOT NULL,
        failures integer NOT NULL,
        problem text,
        next_attempt_at timestamptz NOT NULL,
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        UNIQUE (customer_id, generation)
      );
      CREATE UNIQUE INDEX ceremony_under_way ON provisioner.ceremony (customer_id) WHERE finished_at IS NULL;
      CREATE INDEX ceremony_due ON provisioner.ceremony (next_attempt_at) WHERE finished_at IS NULL;
      ${enableRowSecurity('provisioner.ceremony', { everyCustomer: true })}
      ${grant('provisioner', 'SELECT, INSERT, UPDATE', 'provisioner.ceremony')}

      CREATE TABLE provisioner.ceremony_step (
        ceremony_id uuid NOT NULL REFERENCES provisioner.ceremony,
        step text NOT NULL,
        customer_id uuid NOT NULL REFERENCES provisioner.customer,
        facts jsonb NOT NULL,
        done_at timestamptz NOT NULL,
        PRIMARY KEY (ceremony_id, step)
      );
      ${enableRowSecurity('provisioner.ceremony_step')}
      ${grant('provisioner', 'SELECT, INSERT', 'provisioner.ceremony_step')}

      ${createOutbox('provisioner')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE provisioner.outbox, provisioner.ceremony_step, provisioner.ceremony,
        provisioner.trust_artifact, provisioner.authority, provisioner.customer;
    `);
  }
}
