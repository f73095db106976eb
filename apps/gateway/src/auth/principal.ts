/** Whether a customer may mint. */
export type CustomerStanding = 'provisioning' | 'active' | 'suspended';

/** Whom a bearer stands for. */
export interface Principal {
  /** UUID. */
  readonly customerId: string;
  readonly handle: string;
  readonly status: CustomerStanding;
}
