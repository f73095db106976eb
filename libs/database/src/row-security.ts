/** Transaction-local settings that the policies read. */
export const customerSetting = 'stackrunner.customer_id';
export const everyCustomerSetting = 'stackrunner.every_customer';

export interface RowSecurityOptions {
  /** The column that holds the customer's UUID. Default `customer_id`. */
  readonly column?: string;
  /** Also admits `TenantScope.everyCustomer`. Default false. */
  readonly everyCustomer?: boolean;
}

/**
 * SQL for a migration: from now on the service's role sees and writes only rows of the customer that the
 * transaction named. Without a name there are no rows: the policy fails closed. The tables' owner, and
 * so a SECURITY DEFINER function of a migration, is not bound by it.
 *
 * @param table qualified, for example `issuer.certificate`
 */
export function enableRowSecurity(table: string, options: RowSecurityOptions = {}): string {
  const column = options.column ?? 'customer_id';
  // current_setting gives '' instead of NULL once a session has had the setting in an earlier transaction.
  const own = `${column} = NULLIF(current_setting('${customerSetting}', true), '')::uuid`;
  const admitted = options.everyCustomer
    ? `(${own} OR current_setting('${everyCustomerSetting}', true) = 'on')`
    : `(${own})`;
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON ${table} USING ${admitted} WITH CHECK ${admitted};
  `;
}
