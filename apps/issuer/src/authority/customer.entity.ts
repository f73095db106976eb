import { EntitySchema } from 'typeorm';

/** What the issuer must know of a customer: whether it may mint. */
export interface CustomerRow {
  readonly customerId: string;
  readonly handle: string;
  /** `CustomerStatus` of `stackrunner.provisioner.v1`. */
  readonly status: number;
  /** Whose CA signs for it; null: its own. */
  readonly caCustomerId: string | null;
}

export const CustomerEntity = new EntitySchema<CustomerRow>({
  name: 'customer',
  columns: {
    customerId: { name: 'customer_id', type: 'uuid', primary: true },
    handle: { type: 'text' },
    status: { type: 'smallint' },
    caCustomerId: { name: 'ca_customer_id', type: 'uuid', nullable: true },
  },
});
