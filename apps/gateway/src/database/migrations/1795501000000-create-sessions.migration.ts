import type { MigrationInterface, QueryRunner } from 'typeorm';
import { enableRowSecurity, grant } from '#libs/database';

const functions = [
  'know_person',
  'open_session',
  'find_session',
  'end_session',
  'claim_handle',
  'release_handle',
  'bind_customer',
  'start_device_login',
  'answer_device_login',
  'redeem_device_login',
];

/**
 * People who sign in, their sessions, and what they bind: a handle once, a bearer once. The gateway's role has no
 * access to these tables; it calls functions that each do one thing.
 */
export class CreateSessions1795501000000 implements MigrationInterface {
  name = 'CreateSessions1795501000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gateway.customer ADD COLUMN bearer_claimed_at timestamptz;
      UPDATE gateway.customer c SET bearer_claimed_at = b.created_at
        FROM gateway.bearer b WHERE b.customer_id = c.customer_id;

      -- What a handle looks like: handles that share one are taken for each other. 1 is read as l and as i.
      CREATE FUNCTION gateway.handle_looks(handle text) RETURNS text[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
          SELECT ARRAY[translate(folded, '1', 'l'), translate(folded, '1', 'i')]
          FROM (SELECT replace(replace(translate(handle, '05', 'os'), 'rn', 'm'), 'vv', 'w') AS folded) f
        $$;
      CREATE INDEX customer_looks ON gateway.customer USING gin (gateway.handle_looks(handle));

      CREATE TABLE gateway.person (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        issuer text NOT NULL,
        subject text NOT NULL,
        email text NOT NULL,
        name text,
        customer_id uuid UNIQUE REFERENCES gateway.customer,
        wanted_tier text CHECK (wanted_tier IN ('dev', 'free')),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (issuer, subject)
      );
      CREATE TABLE gateway.session (
        hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        person_id uuid NOT NULL REFERENCES gateway.person ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX session_expiry ON gateway.session (expires_at);
      CREATE TABLE gateway.device_login (
        hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
        user_code text NOT NULL UNIQUE,
        expires_at timestamptz NOT NULL,
        person_id uuid REFERENCES gateway.person ON DELETE CASCADE,
        denied boolean NOT NULL DEFAULT false
      );
      CREATE INDEX device_login_expiry ON gateway.device_login (expires_at);
      CREATE TABLE gateway.handle_claim (
        look text PRIMARY KEY,
        handle text NOT NULL,
        customer_id uuid NOT NULL,
        person_id uuid NOT NULL REFERENCES gateway.person ON DELETE CASCADE
      );
      COMMENT ON TABLE gateway.handle_claim IS 'Sign-ups under way: whose a handle will be, and the id that its customer will have';
      ${enableRowSecurity('gateway.person')}
      ${enableRowSecurity('gateway.handle_claim')}

      CREATE FUNCTION gateway.know_person(p_issuer text, p_subject text, p_email text, p_name text)
        RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE known uuid;
        BEGIN
          SELECT id INTO known FROM gateway.person
            WHERE issuer = p_issuer AND subject = p_subject AND email = p_email AND name IS NOT DISTINCT FROM p_name;
          IF FOUND THEN RETURN known; END IF;
          INSERT INTO gateway.person (issuer, subject, email, name) VALUES (p_issuer, p_subject, p_email, p_name)
            ON CONFLICT (issuer, subject) DO UPDATE SET email = excluded.email, name = excluded.name
            RETURNING id INTO known;
          RETURN known;
        END $$;

      CREATE FUNCTION gateway.open_session(p_person uuid, p_hash bytea, p_at timestamptz, p_expires timestamptz)
        RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          DELETE FROM gateway.session WHERE hash IN (
            SELECT hash FROM gateway.session WHERE expires_at < p_at LIMIT 100 FOR UPDATE SKIP LOCKED);
          INSERT INTO gateway.session (hash, person_id, expires_at) VALUES (p_hash, p_person, p_expires);
        $$;

      CREATE FUNCTION gateway.find_session(p_hash bytea, p_person uuid, p_at timestamptz)
        RETURNS TABLE (session_id uuid, person_id uuid, issuer text, subject text, email text, name text,
          wanted_tier text, customer_id uuid, handle text, status text, tier text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          SELECT s.id, p.id, p.issuer, p.subject, p.email, p.name, p.wanted_tier,
            c.customer_id, c.handle, c.status, c.tier
          FROM gateway.person p
            LEFT JOIN gateway.session s ON s.person_id = p.id AND s.hash = p_hash AND s.expires_at > p_at
            LEFT JOIN gateway.customer c ON c.customer_id = p.customer_id
          WHERE CASE WHEN p_hash IS NULL THEN p.id = p_person
            ELSE p.id = (SELECT x.person_id FROM gateway.session x WHERE x.hash = p_hash AND x.expires_at > p_at) END
        $$;

      CREATE FUNCTION gateway.end_session(p_hash bytea) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          DELETE FROM gateway.session WHERE hash = p_hash
        $$;

      -- Outcomes: claimed (again, with the same id), taken, reserved, elsewhere (under way with another handle), bound.
      CREATE FUNCTION gateway.claim_handle(p_person uuid, p_handle text, p_reserved text[],
          OUT outcome text, OUT claimed_id uuid, OUT claimed_handle text)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE looks text[] := gateway.handle_looks(p_handle);
        BEGIN
          -- Sign-ups are seldom: one at a time, and none can meet another half done.
          PERFORM pg_advisory_xact_lock(hashtext('gateway.handle_claim'));
          IF EXISTS (SELECT FROM gateway.person WHERE id = p_person AND customer_id IS NOT NULL) THEN
            outcome := 'bound'; RETURN;
          END IF;
          SELECT customer_id, handle INTO claimed_id, claimed_handle
            FROM gateway.handle_claim WHERE person_id = p_person LIMIT 1;
          IF FOUND THEN
            outcome := CASE WHEN claimed_handle = p_handle THEN 'claimed' ELSE 'elsewhere' END; RETURN;
          END IF;
          IF EXISTS (SELECT FROM unnest(p_reserved) word WHERE gateway.handle_looks(word) && looks) THEN
            outcome := 'reserved'; RETURN;
          END IF;
          IF EXISTS (SELECT FROM gateway.handle_claim WHERE look = ANY (looks))
            OR EXISTS (SELECT FROM gateway.customer c WHERE gateway.handle_looks(c.handle) && looks) THEN
            outcome := 'taken'; RETURN;
          END IF;
          claimed_id := gen_random_uuid();
          claimed_handle := p_handle;
          outcome := 'claimed';
          INSERT INTO gateway.handle_claim (look, handle, customer_id, person_id)
            SELECT DISTINCT look, p_handle, claimed_id, p_person FROM unnest(looks) look;
        END $$;

      CREATE FUNCTION gateway.release_handle(p_person uuid, p_customer uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          DELETE FROM gateway.handle_claim WHERE person_id = p_person AND customer_id = p_customer
        $$;

      CREATE FUNCTION gateway.bind_customer(p_person uuid, p_customer uuid, p_tier text) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
          UPDATE gateway.person SET customer_id = p_customer, wanted_tier = p_tier
            WHERE id = p_person AND (customer_id IS NULL OR customer_id = p_customer);
          IF NOT FOUND THEN RETURN false; END IF;
          DELETE FROM gateway.handle_claim WHERE person_id = p_person;
          RETURN true;
        END $$;

      CREATE FUNCTION gateway.start_device_login(p_hash bytea, p_code text, p_at timestamptz,
          p_expires timestamptz, p_most integer) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
          DELETE FROM gateway.device_login WHERE expires_at < p_at;
          IF (SELECT count(*) FROM gateway.device_login) >= p_most THEN RETURN false; END IF;
          INSERT INTO gateway.device_login (hash, user_code, expires_at) VALUES (p_hash, p_code, p_expires)
            ON CONFLICT DO NOTHING;
          RETURN FOUND;
        END $$;

      CREATE FUNCTION gateway.answer_device_login(p_code text, p_person uuid, p_deny boolean, p_at timestamptz)
        RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
          UPDATE gateway.device_login SET person_id = p_person, denied = p_deny
            WHERE user_code = p_code AND expires_at > p_at AND person_id IS NULL;
          RETURN FOUND;
        END $$;

      -- Outcomes: pending, denied, unknown (also expired and redeemed), approved: only once, with a session.
      CREATE FUNCTION gateway.redeem_device_login(p_hash bytea, p_session bytea, p_at timestamptz, p_expires timestamptz)
        RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE login gateway.device_login;
        BEGIN
          SELECT * INTO login FROM gateway.device_login WHERE hash = p_hash AND expires_at > p_at FOR UPDATE;
          IF NOT FOUND THEN RETURN 'unknown'; END IF;
          IF login.person_id IS NULL THEN RETURN 'pending'; END IF;
          DELETE FROM gateway.device_login WHERE hash = p_hash;
          IF login.denied THEN RETURN 'denied'; END IF;
          PERFORM gateway.open_session(login.person_id, p_session, p_at, p_expires);
          RETURN 'approved';
        END $$;

      REVOKE EXECUTE ON FUNCTION ${functions.map((name) => `gateway.${name}`).join(', ')} FROM PUBLIC;
      ${grant('gateway', 'EXECUTE', `FUNCTION ${functions.map((name) => `gateway.${name}`).join(', ')}`)}
      ${grant('gateway', 'EXECUTE', 'FUNCTION gateway.handle_looks')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION ${functions.map((name) => `gateway.${name}`).join(', ')};
      DROP TABLE gateway.handle_claim, gateway.device_login, gateway.session, gateway.person;
      DROP INDEX gateway.customer_looks;
      DROP FUNCTION gateway.handle_looks;
      ALTER TABLE gateway.customer DROP COLUMN bearer_claimed_at;
    `);
  }
}
