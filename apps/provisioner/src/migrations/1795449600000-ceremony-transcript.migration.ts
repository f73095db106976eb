import type { MigrationInterface, QueryRunner } from 'typeorm';
import { customerSetting, grant } from '#libs/database';

/**
 * One entry of a customer's transcript, as text: what is hashed, and what an auditor reads. It names the hash of the
 * entry before, so that none can be changed, left out or put in between without all that follow saying so.
 */
const transcriptEntry = `
  CREATE FUNCTION provisioner.transcript_entry(
    done provisioner.ceremony_step, number integer, previous bytea
  ) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT jsonb_build_object(
      'sequence', number,
      'previous', encode(coalesce(previous, decode(repeat('00', 32), 'hex')), 'hex'),
      'customer', done.customer_id,
      'handle', customer.handle,
      'ceremony', done.ceremony_id,
      'kind', ceremony.kind,
      'generation', ceremony.generation,
      'requested_by', ceremony.requested_by,
      'requested_at', to_char(ceremony.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'step', done.step,
      'done_at', to_char(done.done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'facts', done.facts
    )::text
    FROM provisioner.ceremony, provisioner.customer
    WHERE ceremony.id = done.ceremony_id AND customer.id = done.customer_id
  $$;
`;

/** The database itself numbers and hashes: a service can add a step, and nothing else. */
const chainStep = `
  CREATE FUNCTION provisioner.chain_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DECLARE
    latest record;
  BEGIN
    -- One entry of a customer after another; the next statement sees what the one before committed.
    PERFORM pg_advisory_xact_lock(hashtextextended('transcript of ' || NEW.customer_id, 0));
    SELECT sequence, hash INTO latest FROM provisioner.ceremony_step
      WHERE customer_id = NEW.customer_id ORDER BY sequence DESC LIMIT 1;
    NEW.sequence := coalesce(latest.sequence, 0) + 1;
    NEW.entry := provisioner.transcript_entry(NEW, NEW.sequence, latest.hash);
    NEW.hash := sha256(convert_to(NEW.entry, 'UTF8'));
    RETURN NEW;
  END $$;
`;

/** Steps that were recorded before there was a transcript become its first entries. */
const chainEarlierSteps = `
  DO $$
  DECLARE
    done provisioner.ceremony_step;
    customer uuid;
    number integer;
    latest bytea;
    text text;
  BEGIN
    FOR done IN SELECT * FROM provisioner.ceremony_step ORDER BY customer_id, done_at, ctid LOOP
      IF customer IS DISTINCT FROM done.customer_id THEN
        customer := done.customer_id;
        number := 0;
        latest := NULL;
      END IF;
      number := number + 1;
      text := provisioner.transcript_entry(done, number, latest);
      latest := sha256(convert_to(text, 'UTF8'));
      UPDATE provisioner.ceremony_step SET sequence = number, entry = text, hash = latest
        WHERE ceremony_id = done.ceremony_id AND step = done.step;
    END LOOP;
  END $$;
`;

/** Ceremonies of every kind with a transcript, keys made ahead, and what a key that nobody names is found by. */
export class CeremonyTranscript1795449600000 implements MigrationInterface {
  name = 'CeremonyTranscript1795449600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE provisioner.customer
        ADD COLUMN external_root boolean NOT NULL DEFAULT false,
        -- Text form of a KeyHome; NULL for the installation's default.
        ADD COLUMN key_home text;

      ALTER TABLE provisioner.ceremony
        ADD COLUMN kind text NOT NULL DEFAULT 'birth'
          CHECK (kind IN ('birth', 'rotation', 'retirement', 'request', 'import')),
        ADD COLUMN requested_by text NOT NULL DEFAULT 'operator',
        DROP CONSTRAINT ceremony_customer_id_generation_key,
        ADD UNIQUE (customer_id, kind, generation);
      CREATE INDEX ceremony_finished ON provisioner.ceremony (finished_at) WHERE finished_at IS NOT NULL;

      ALTER TABLE provisioner.authority
        -- CertificationRequest, of an intermediate that the customer's own root signs.
        ADD COLUMN request bytea,
        -- Certificate of a root that is not ours.
        ADD COLUMN issuer_certificate bytea,
        -- What the hardware has stated of the key.
        ADD COLUMN attestation bytea;

      ALTER TABLE provisioner.ceremony_step
        ADD COLUMN sequence integer, ADD COLUMN entry text, ADD COLUMN hash bytea;
      ${transcriptEntry}
      ${chainEarlierSteps}
      ALTER TABLE provisioner.ceremony_step
        ALTER COLUMN sequence SET NOT NULL, ALTER COLUMN entry SET NOT NULL, ALTER COLUMN hash SET NOT NULL,
        ADD UNIQUE (customer_id, sequence);
      ${chainStep}
      CREATE TRIGGER chain_step BEFORE INSERT ON provisioner.ceremony_step
        FOR EACH ROW EXECUTE FUNCTION provisioner.chain_step();

      -- Keys that were made ahead, and which key each CA takes: one of them, or one by its own name whose key_ref
      -- stays NULL here. A name is here before the key is made, so that none is lost.
      CREATE TABLE provisioner.pool_key (
        name text PRIMARY KEY,
        algorithm text NOT NULL,
        key_ref text UNIQUE,
        created_at timestamptz NOT NULL,
        customer_id uuid REFERENCES provisioner.customer,
        kind text CHECK (kind IN ('root', 'intermediate')),
        generation integer,
        UNIQUE (customer_id, kind, generation),
        CHECK (num_nulls(customer_id, kind, generation) IN (0, 3))
      );
      ALTER TABLE provisioner.pool_key ENABLE ROW LEVEL SECURITY;
      -- Keys that nobody has yet are everybody's; one that was taken is its customer's.
      CREATE POLICY tenant ON provisioner.pool_key
        USING (customer_id IS NULL
          OR customer_id = NULLIF(current_setting('${customerSetting}', true), '')::uuid);
      CREATE INDEX pool_key_free ON provisioner.pool_key (algorithm) WHERE customer_id IS NULL;
      ${grant('provisioner', 'SELECT, INSERT, UPDATE', 'provisioner.pool_key')}

      -- Marks this installation's keys: another one may keep its keys in the same account.
      CREATE TABLE provisioner.installation (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        one boolean PRIMARY KEY DEFAULT true CHECK (one)
      );
      INSERT INTO provisioner.installation DEFAULT VALUES;
      ${grant('provisioner', 'SELECT', 'provisioner.installation')}

      -- Whether a CA of any customer, or the pool, names a key; as whom it is used does not matter.
      CREATE FUNCTION provisioner.key_is_named(reference text) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
        SELECT EXISTS (
          SELECT FROM provisioner.authority WHERE split_part(key_ref, '?', 1) = split_part(reference, '?', 1)
        ) OR EXISTS (
          SELECT FROM provisioner.pool_key WHERE split_part(key_ref, '?', 1) = split_part(reference, '?', 1)
        )
      $$;
      CREATE INDEX authority_key ON provisioner.authority (split_part(key_ref, '?', 1));
      CREATE INDEX pool_key_key ON provisioner.pool_key (split_part(key_ref, '?', 1));
      ${grant('provisioner', 'EXECUTE', 'FUNCTION provisioner.key_is_named')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION provisioner.key_is_named;
      DROP INDEX provisioner.authority_key;
      DROP TABLE provisioner.installation, provisioner.pool_key;
      DROP TRIGGER chain_step ON provisioner.ceremony_step;
      DROP FUNCTION provisioner.chain_step, provisioner.transcript_entry;
      ALTER TABLE provisioner.ceremony_step DROP COLUMN sequence, DROP COLUMN entry, DROP COLUMN hash;
      ALTER TABLE provisioner.authority
        DROP COLUMN request, DROP COLUMN issuer_certificate, DROP COLUMN attestation;
      DROP INDEX provisioner.ceremony_finished;
      DELETE FROM provisioner.ceremony_step WHERE ceremony_id IN
        (SELECT id FROM provisioner.ceremony WHERE kind <> 'birth');
      DELETE FROM provisioner.ceremony WHERE kind <> 'birth';
      ALTER TABLE provisioner.ceremony DROP COLUMN kind, DROP COLUMN requested_by,
        ADD UNIQUE (customer_id, generation);
      ALTER TABLE provisioner.customer DROP COLUMN external_root, DROP COLUMN key_home;
    `);
  }
}
