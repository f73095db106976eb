import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant } from '#libs/database';

/**
 * A claim knows how many attempts at it are under way: while there is one, it holds its person back from another
 * handle, or the two would end in two customers. An attempt that never says that it ended, since its process died,
 * counts for a minute, which is longer than any lasts.
 */
export class SignUpsUnderWay1796000000000 implements MigrationInterface {
  name = 'SignUpsUnderWay1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gateway.handle_claim
        ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        ADD COLUMN IF NOT EXISTS attempted_at timestamptz NOT NULL DEFAULT now();
      COMMENT ON COLUMN gateway.handle_claim.attempts IS 'Sign-ups with this handle that have not ended';
      COMMENT ON COLUMN gateway.handle_claim.attempted_at IS 'When the last of them began';

      -- Outcomes: claimed (again, with the same id), taken, reserved, bound, and with another handle under_way, or
      -- elsewhere: nobody is at it, and it may be released.
      CREATE OR REPLACE FUNCTION gateway.claim_handle(p_person uuid, p_handle text, p_reserved text[],
          OUT outcome text, OUT claimed_id uuid, OUT claimed_handle text)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
          looks text[] := gateway.handle_looks(p_handle);
          is_under_way boolean;
        BEGIN
          -- Sign-ups are seldom: one at a time, and none can meet another half done.
          PERFORM pg_advisory_xact_lock(hashtext('gateway.handle_claim'));
          IF EXISTS (SELECT FROM gateway.person WHERE id = p_person AND customer_id IS NOT NULL) THEN
            outcome := 'bound'; RETURN;
          END IF;
          SELECT customer_id, handle, attempts > 0 AND attempted_at > now() - interval '1 minute'
            INTO claimed_id, claimed_handle, is_under_way
            FROM gateway.handle_claim WHERE person_id = p_person LIMIT 1;
          IF FOUND AND claimed_handle = p_handle THEN
            UPDATE gateway.handle_claim
              SET attempts = CASE WHEN is_under_way THEN attempts ELSE 0 END + 1, attempted_at = now()
              WHERE person_id = p_person;
            outcome := 'claimed'; RETURN;
          ELSIF FOUND THEN
            outcome := CASE WHEN is_under_way THEN 'under_way' ELSE 'elsewhere' END; RETURN;
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
          INSERT INTO gateway.handle_claim (look, handle, customer_id, person_id, attempts)
            SELECT DISTINCT look, p_handle, claimed_id, p_person, 1 FROM unnest(looks) look;
        END $$;

      CREATE OR REPLACE FUNCTION gateway.release_handle(p_person uuid, p_customer uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          DELETE FROM gateway.handle_claim WHERE person_id = p_person AND customer_id = p_customer
            AND (attempts = 0 OR attempted_at <= now() - interval '1 minute')
        $$;

      CREATE FUNCTION gateway.end_attempt(p_person uuid, p_customer uuid, p_release boolean) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
          UPDATE gateway.handle_claim SET attempts = greatest(attempts - 1, 0)
            WHERE person_id = p_person AND customer_id = p_customer;
          IF p_release THEN PERFORM gateway.release_handle(p_person, p_customer); END IF;
        END $$;
      REVOKE EXECUTE ON FUNCTION gateway.end_attempt FROM PUBLIC;
      ${grant('gateway', 'EXECUTE', 'FUNCTION gateway.end_attempt')}
    `);
  }

  /** The functions stay as they are: they serve callers that never say when an attempt ended. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION gateway.end_attempt');
  }
}
