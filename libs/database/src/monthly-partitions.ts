import type { ServiceName } from '#libs/config';
import { serviceRole } from './settings.js';

export interface MonthlyPartitions {
  readonly service: ServiceName;
  /** A table of the service's schema, partitioned by RANGE of a date column, with a default partition `<table>_default`. */
  readonly table: string;
  readonly column: string;
}

/**
 * SQL for a migration: the function `<service>.ensure_partitions(now, months)`, which makes the partitions
 * from the month of `now` to so many months later and returns how many it made. Rows that fell into the
 * default partition meanwhile move to where they belong. Replicas may call it at once; the service's role
 * can do nothing else with partitions.
 */
export function createEnsurePartitions({ service, table, column }: MonthlyPartitions): string {
  return `
CREATE FUNCTION ${service}.ensure_partitions(p_now timestamptz, p_months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  this_month CONSTANT date := date_trunc('month', p_now AT TIME ZONE 'UTC')::date;
  from_day date;
  to_day date;
  name text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('${service}.ensure_partitions'));
  FOR month IN 0..p_months LOOP
    from_day := this_month + make_interval(months => month);
    to_day := from_day + interval '1 month';
    name := '${table}_' || to_char(from_day, 'YYYY_MM');
    CONTINUE WHEN to_regclass('${service}.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE ${service}.%I (LIKE ${service}.${table} INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE ${service}.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'WITH moved AS (DELETE FROM ${service}.${table}_default WHERE ${column} >= %L AND ${column} < %L RETURNING *)
       INSERT INTO ${service}.%I SELECT * FROM moved', from_day, to_day, name);
    EXECUTE format(
      'ALTER TABLE ${service}.${table} ATTACH PARTITION ${service}.%I FOR VALUES FROM (%L) TO (%L)',
      name, from_day, to_day);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
REVOKE ALL ON FUNCTION ${service}.ensure_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${service}.ensure_partitions TO ${serviceRole(service)};
`;
}
