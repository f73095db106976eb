import type { Pool } from 'pg';
import { withEveryCustomer, withTenant } from '#libs/database';

/** Why a customer's key does not sign. Times are epoch milliseconds. */
export interface KeyProblem {
  readonly keyRef: string;
  /** A `SignerFailureReason`, or the code of another error. */
  readonly reason: string;
  readonly message: string;
  /** The first failure since it signed. */
  readonly since: number;
  readonly lastAt: number;
}

interface Row {
  readonly key_ref: string;
  readonly reason: string;
  readonly message: string;
  readonly since: Date;
  readonly last_at: Date;
}

/** At most one a customer: what is wrong now. */
export class KeyProblemRepository {
  constructor(private readonly pool: Pool) {}

  async find(customerId: string): Promise<KeyProblem | undefined> {
    const { rows } = await withTenant(this.pool, customerId, (client) =>
      client.query<Row>(
        'SELECT key_ref, reason, message, since, last_at FROM issuer.key_problem WHERE customer_id = $1',
        [customerId],
      ),
    );
    const [row] = rows;
    return (
      row && {
        keyRef: row.key_ref,
        reason: row.reason,
        message: row.message,
        since: row.since.getTime(),
        lastAt: row.last_at.getTime(),
      }
    );
  }

  /** The first failure's time stays. */
  async note(customerId: string, problem: Omit<KeyProblem, 'since'>): Promise<void> {
    const { keyRef, reason, message, lastAt } = problem;
    await withTenant(this.pool, customerId, (client) =>
      client.query(
        `INSERT INTO issuer.key_problem (customer_id, key_ref, reason, message, since, last_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (customer_id) DO UPDATE SET key_ref = excluded.key_ref, reason = excluded.reason,
           message = excluded.message, last_at = excluded.last_at`,
        [customerId, keyRef, reason, message, new Date(lastAt)],
      ),
    );
  }

  /** Forgets what is not newer than a signature of the customer's, in epoch milliseconds. */
  async clear(signatures: ReadonlyMap<string, number>): Promise<void> {
    await withEveryCustomer(this.pool, (client) =>
      client.query(
        `DELETE FROM issuer.key_problem problem
         USING unnest($1::uuid[], $2::timestamptz[]) AS signature (customer_id, at)
         WHERE problem.customer_id = signature.customer_id AND problem.last_at <= signature.at`,
        [[...signatures.keys()], [...signatures.values()].map((at) => new Date(at))],
      ),
    );
  }
}
