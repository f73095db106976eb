/**
 * Makes a customer's counters what its certificates say. One statement reads both, and so both as of one moment:
 * minting changes them in one transaction. A counter that differs is moved by the difference, so that what is minted
 * meanwhile is counted as well, and nobody waits. Two calls for a customer come after each other.
 *
 * Certificates begin 60 seconds before they are made. One that was made in the last ten seconds of a month may have
 * been recorded in the next: either is right.
 */
export const createReconcileQuota = `
CREATE FUNCTION issuer.reconcile_quota(p_customer uuid, p_month timestamptz, p_until timestamptz, p_now timestamptz)
RETURNS TABLE (counter text, counted bigint, issued bigint, is_wrong boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  names CONSTANT text[] := ARRAY['1h', '1d', '7d', '14d', '30d', '90d'];
  this_month CONSTANT date := date_trunc('month', p_now AT TIME ZONE 'UTC')::date;
  month_start CONSTANT timestamptz := this_month::timestamp AT TIME ZONE 'UTC' - interval '60 seconds';
  found record;
  off bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_customer::text, 7));
  SELECT q.month, q.used_in_month, q.used_in_lifetime, q.used_by_ttl, c.* INTO found
  FROM (
    SELECT count(*) AS ever,
      count(*) FILTER (WHERE issued_at >= month_start) AS in_month,
      count(*) FILTER (WHERE issued_at >= month_start - interval '10 seconds' AND issued_at < month_start) AS at_edge,
      count(*) FILTER (WHERE issued_at >= p_month - interval '60 seconds'
        AND issued_at < least(p_until, p_month + interval '1 month') - interval '60 seconds') AS asked,
      ARRAY(
        SELECT count(*) FILTER (WHERE t.bucket = b) FROM generate_series(1, 6) b
        LEFT JOIN (
          SELECT 1 + width_bucket((extract(epoch FROM expires_at - issued_at) - 60)::integer - 1,
            ARRAY[3600, 86400, 604800, 1209600, 2592000]) AS bucket
          FROM issuer.certificate WHERE customer_id = p_customer
        ) t ON t.bucket = b GROUP BY b ORDER BY b
      ) AS by_ttl
    FROM issuer.certificate WHERE customer_id = p_customer
  ) c LEFT JOIN issuer.quota q ON q.customer_id = p_customer;

  RETURN QUERY SELECT 'asked', found.asked, found.asked, false;
  IF found.month IS NULL THEN RETURN; END IF;

  counted := CASE WHEN found.month < this_month THEN 0 ELSE found.used_in_month END;
  IF counted < found.in_month OR counted > found.in_month + found.at_edge THEN
    RETURN QUERY SELECT 'month', counted, found.in_month, true;
    off := found.in_month - counted;
    UPDATE issuer.quota q SET month = this_month,
      used_in_month = greatest(0, off + CASE WHEN q.month < this_month THEN 0 ELSE q.used_in_month END)
    WHERE q.customer_id = p_customer;
  END IF;
  IF found.used_in_lifetime <> found.ever THEN
    RETURN QUERY SELECT 'lifetime', found.used_in_lifetime, found.ever, true;
    UPDATE issuer.quota q SET used_in_lifetime = greatest(0, q.used_in_lifetime + found.ever - found.used_in_lifetime)
    WHERE q.customer_id = p_customer;
  END IF;
  FOR b IN 1..6 LOOP
    CONTINUE WHEN found.used_by_ttl[b] = found.by_ttl[b];
    RETURN QUERY SELECT names[b], found.used_by_ttl[b], found.by_ttl[b], true;
    UPDATE issuer.quota q
    SET used_by_ttl[b] = greatest(0, q.used_by_ttl[b] + found.by_ttl[b] - found.used_by_ttl[b])
    WHERE q.customer_id = p_customer;
  END LOOP;
END
$$;
`;
