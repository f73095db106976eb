/**
 * Makes the partitions from the month of `p_now` to `p_months` months later, and gives the service nothing
 * else to do with them. Rows that fell into the default partition meanwhile move to where they belong.
 * Replicas may call it at once.
 */
export const createEnsurePartitions = `
CREATE FUNCTION issuer.ensure_partitions(p_now timestamptz, p_months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  this_month CONSTANT date := date_trunc('month', p_now AT TIME ZONE 'UTC')::date;
  from_day date;
  to_day date;
  name text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('issuer.ensure_partitions'));
  FOR month IN 0..p_months LOOP
    from_day := this_month + make_interval(months => month);
    to_day := from_day + interval '1 month';
    name := 'certificate_' || to_char(from_day, 'YYYY_MM');
    CONTINUE WHEN to_regclass('issuer.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE issuer.%I (LIKE issuer.certificate INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE issuer.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'WITH moved AS (DELETE FROM issuer.certificate_default WHERE expires_on >= %L AND expires_on < %L RETURNING *)
       INSERT INTO issuer.%I SELECT * FROM moved', from_day, to_day, name);
    EXECUTE format(
      'ALTER TABLE issuer.certificate ATTACH PARTITION issuer.%I FOR VALUES FROM (%L) TO (%L)',
      name, from_day, to_day);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
`;
