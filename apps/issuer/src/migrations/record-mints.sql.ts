/**
 * The one writer of certificates, counters, batch numbers, idempotency records and the outbox: a group of
 * requests in one statement, and so in one transaction and one commit.
 *
 * Requests come sorted by customer, so that two groups lock customers in the same order and cannot deadlock;
 * a customer's requests are decided one after the other under the lock of its quota row, which makes every
 * limit exact whatever number of replicas calls. Each request is accepted whole or not at all.
 *
 * The 60-second window is kept as one entry a second: how many, and when the last of them was. An entry
 * counts until 60 seconds after its last certificate, so no 60 seconds ever hold more than the limit. Time
 * never runs backwards for a customer: a replica whose clock is behind counts from the latest entry.
 *
 * No two requests of a group have the same idempotency key: the caller keeps twins apart, so that keys are
 * looked up and stored a group at a time.
 *
 * A refusal for a limit that never resets gives that limit as `month_limit` and `month_used`.
 *
 * `p_issued` holds each request's encoded `stackrunner.event.v1.Issued`; protobuf merges concatenated
 * messages, so the accepted ones become one outbox row.
 */
export const createRecordMints = `
CREATE OR REPLACE FUNCTION issuer.record_mints(
  p_now timestamptz,
  p_customer uuid[], p_ca uuid[], p_quantity integer[],
  p_not_before timestamptz[], p_not_after timestamptz[],
  p_key bytea[], p_body bytea[], p_issued bytea[],
  p_request integer[], p_serial bytea[], p_fingerprint bytea[], p_der bytea[]
) RETURNS TABLE (
  outcome text, batch_number bigint,
  minute_limit bigint, minute_used bigint, reset_seconds integer, retry_seconds integer,
  month_limit bigint, month_used bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  requests CONSTANT integer := cardinality(p_customer);
  call_ms CONSTANT bigint := (extract(epoch FROM p_now) * 1000)::bigint;
  call_month CONSTANT date := date_trunc('month', p_now AT TIME ZONE 'UTC')::date;
  accepted boolean[] := array_fill(false, ARRAY[requests]);
  batch bigint[] := array_fill(NULL::bigint, ARRAY[requests]);
  any_accepted boolean := false;
  keyed CONSTANT boolean := cardinality(array_remove(p_key, NULL)) > 0;
  i integer := 1;
  last integer;
  customer uuid;
  quota issuer.quota;
  entitled boolean;
  changed boolean;
  now_ms bigint;
  window_at bigint[];
  window_count bigint[];
  entries integer;
  expired integer;
  freed bigint;
  quantity integer;
  ttl_bucket integer;
  refusing_limit bigint;
  refusing_used bigint;
  known_keys bytea[];
  known_bodies bytea[];
  known_at integer;
BEGIN
  WHILE i <= requests LOOP
    customer := p_customer[i];
    SELECT * INTO quota FROM issuer.quota q WHERE q.customer_id = customer FOR NO KEY UPDATE;
    entitled := FOUND;
    changed := false;
    minute_limit := NULL;
    minute_used := NULL;
    month_limit := NULL;
    month_used := NULL;
    entries := 0;
    IF entitled THEN
      IF quota.month < call_month THEN
        quota.month := call_month;
        quota.used_in_month := 0;
      END IF;
      window_at := quota.window_at;
      window_count := quota.window_count;
      entries := cardinality(window_at);
      now_ms := greatest(call_ms, window_at[entries]);
      expired := 0;
      WHILE expired < entries AND window_at[expired + 1] <= now_ms - 60000 LOOP
        expired := expired + 1;
      END LOOP;
      IF expired > 0 THEN
        window_at := window_at[expired + 1:];
        window_count := window_count[expired + 1:];
        entries := entries - expired;
      END IF;
      minute_used := 0;
      FOR entry IN 1..entries LOOP
        minute_used := minute_used + window_count[entry];
      END LOOP;
      minute_limit := quota.per_minute;
      month_limit := quota.per_month;
      month_used := quota.used_in_month;
    END IF;
    last := i;
    WHILE last < requests AND p_customer[last + 1] = customer LOOP
      last := last + 1;
    END LOOP;
    IF keyed THEN
      SELECT array_agg(known.key_hash), array_agg(known.body_hash) INTO known_keys, known_bodies
        FROM issuer.idempotency known
        WHERE known.customer_id = customer AND known.key_hash = ANY(p_key[i:last]) AND known.expires_at > p_now;
    END IF;

    WHILE i <= last LOOP
      quantity := p_quantity[i];
      outcome := NULL;
      batch_number := NULL;
      retry_seconds := NULL;
      IF NOT entitled THEN
        outcome := 'no_entitlement';
      ELSIF known_keys IS NOT NULL THEN
        known_at := array_position(known_keys, p_key[i]);
        IF known_at IS NOT NULL THEN
          outcome := CASE WHEN known_bodies[known_at] = p_body[i] THEN 'replayed' ELSE 'key_reused' END;
        END IF;
      END IF;

      IF outcome IS NULL AND minute_used + quantity > minute_limit THEN
        outcome := 'rate_limited';
        retry_seconds := 60;
        IF quantity <= minute_limit THEN
          freed := 0;
          FOR entry IN 1..entries LOOP
            freed := freed + window_count[entry];
            IF minute_used - freed + quantity <= minute_limit THEN
              retry_seconds := ceil((window_at[entry] + 60000 - now_ms) / 1000.0);
              EXIT;
            END IF;
          END LOOP;
        END IF;
      ELSIF outcome IS NULL AND month_used + quantity > month_limit THEN
        outcome := 'quota_exceeded';
      ELSIF outcome IS NULL THEN
        -- Leaves begin 60 seconds early; a lifetime between two buckets counts as the longer one.
        ttl_bucket := 1 + width_bucket(
          (extract(epoch FROM p_not_after[i] - p_not_before[i]) - 60)::integer - 1,
          ARRAY[3600, 86400, 604800, 1209600, 2592000]);
        IF quota.used_in_lifetime + quantity > quota.lifetime THEN
          outcome := 'lifetime_exceeded';
          refusing_limit := quota.lifetime;
          refusing_used := quota.used_in_lifetime;
        ELSIF quota.used_by_ttl[ttl_bucket] + quantity > quota.per_ttl THEN
          outcome := 'ttl_exceeded';
          refusing_limit := quota.per_ttl;
          refusing_used := quota.used_by_ttl[ttl_bucket];
        END IF;
      END IF;

      IF outcome IS NULL THEN
        outcome := 'minted';
        accepted[i] := true;
        changed := true;
        minute_used := minute_used + quantity;
        month_used := month_used + quantity;
        quota.used_in_lifetime := quota.used_in_lifetime + quantity;
        quota.used_by_ttl[ttl_bucket] := quota.used_by_ttl[ttl_bucket] + quantity;
        IF entries > 0 AND window_at[entries] / 1000 = now_ms / 1000 THEN
          window_at[entries] := now_ms;
          window_count[entries] := window_count[entries] + quantity;
        ELSE
          entries := entries + 1;
          window_at[entries] := now_ms;
          window_count[entries] := quantity;
        END IF;
        IF quantity > 1 THEN
          quota.last_batch := quota.last_batch + 1;
          batch_number := quota.last_batch;
          batch[i] := batch_number;
        END IF;
      END IF;

      IF outcome IN ('lifetime_exceeded', 'ttl_exceeded') THEN
        reset_seconds := 0;
        RETURN QUERY SELECT outcome, batch_number, minute_limit, minute_used, reset_seconds, retry_seconds,
          refusing_limit, refusing_used;
        i := i + 1;
        CONTINUE;
      END IF;
      reset_seconds := CASE WHEN entries > 0 THEN ceil((window_at[entries] + 60000 - now_ms) / 1000.0) ELSE 0 END;
      RETURN NEXT;
      i := i + 1;
    END LOOP;

    IF changed THEN
      any_accepted := true;
      UPDATE issuer.quota q SET
        month = quota.month, used_in_month = month_used, last_batch = quota.last_batch,
        used_in_lifetime = quota.used_in_lifetime, used_by_ttl = quota.used_by_ttl,
        window_at = window_at, window_count = window_count
      WHERE q.customer_id = customer;
    END IF;
  END LOOP;

  IF any_accepted THEN
    INSERT INTO issuer.certificate
      (serial, expires_on, customer_id, ca_id, issued_at, expires_at, fingerprint, der, batch_number)
    SELECT c.serial, (p_not_after[c.request] AT TIME ZONE 'UTC')::date, p_customer[c.request], p_ca[c.request],
      p_not_before[c.request], p_not_after[c.request], c.fingerprint, c.der, batch[c.request]
    FROM unnest(p_request, p_serial, p_fingerprint, p_der) AS c(request, serial, fingerprint, der)
    WHERE accepted[c.request];

    INSERT INTO issuer.outbox (type, payload)
    SELECT 'issued', string_agg(e.issued, ''::bytea)
    FROM unnest(p_issued) WITH ORDINALITY AS e(issued, request)
    WHERE accepted[e.request];
  END IF;

  IF any_accepted AND keyed THEN
    INSERT INTO issuer.idempotency AS known
      (customer_id, key_hash, body_hash, ca_id, serials, not_after, batch_number, expires_at)
    SELECT p_customer[k.request], k.key, p_body[k.request], p_ca[k.request], c.serials, p_not_after[k.request],
      batch[k.request], p_now + interval '24 hours'
    FROM unnest(p_key) WITH ORDINALITY AS k(key, request)
    JOIN (
      SELECT each.request, array_agg(each.serial ORDER BY each.place) AS serials
      FROM unnest(p_request, p_serial) WITH ORDINALITY AS each(request, serial, place)
      GROUP BY each.request
    ) c ON c.request = k.request
    WHERE k.key IS NOT NULL AND accepted[k.request]
    ON CONFLICT (customer_id, key_hash) DO UPDATE SET
      body_hash = excluded.body_hash, ca_id = excluded.ca_id, serials = excluded.serials,
      not_after = excluded.not_after, batch_number = excluded.batch_number, expires_at = excluded.expires_at;
  END IF;
END
$$;
`;
