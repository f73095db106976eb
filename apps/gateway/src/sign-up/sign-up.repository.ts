import type { DataSource, EntityManager } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import type { CustomerTier } from '../auth/principal.js';
import { reservedHandles } from './sign-up-handle.js';

export interface HandleClaim {
  /**
   * `under_way`: this person is signing up with another handle, the claimed one, at this moment. `elsewhere`: the
   * person has tried to, and may be there or not.
   */
  readonly outcome: 'claimed' | 'taken' | 'reserved' | 'under_way' | 'elsewhere' | 'bound';
  /** The UUID that the customer will have. */
  readonly claimed_id: string | null;
  readonly claimed_handle: string | null;
}

/** Who gets a handle: first come, in one place. */
export class SignUpRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** What is `claimed` is under way until it is bound, or {@link endAttempt} says that it ended. */
  async claim(personId: string, handle: string): Promise<HandleClaim> {
    try {
      const rows: HandleClaim[] = await this.dataSource.query(
        'SELECT * FROM gateway.claim_handle($1, $2, $3)',
        [...[personId, handle, reservedHandles]],
      );
      const [claim] = rows;
      if (claim === undefined) throw new TypeError('claim_handle gave no row');
      return claim;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** Gives the handle to others, unless somebody is signing up with it. */
  async release(personId: string, customerId: string): Promise<void> {
    await this.call('SELECT gateway.release_handle($1, $2)', [personId, customerId]);
  }

  /** An attempt failed; when the handle cannot be had, it is released. */
  async endAttempt(personId: string, customerId: string, isFinal: boolean): Promise<void> {
    await this.call('SELECT gateway.end_attempt($1, $2, $3)', [personId, customerId, isFinal]);
  }

  /** Within a transaction as the customer. @returns false when the person owns another one already */
  async bind(manager: EntityManager, binding: Binding): Promise<boolean> {
    const rows: { bound: boolean }[] = await manager.query(
      'SELECT gateway.bind_customer($1, $2, $3) AS bound',
      [binding.personId, binding.customerId, binding.wantedTier],
    );
    return rows[0]?.bound === true;
  }

  /** Within a transaction as the customer. @returns whether this was the first claim */
  async claimBearer(manager: EntityManager, customerId: string, at: Date): Promise<boolean> {
    const [rows]: [unknown[]] = await manager.query(
      `UPDATE gateway.customer SET bearer_claimed_at = $2
       WHERE customer_id = $1 AND bearer_claimed_at IS NULL RETURNING customer_id`,
      [customerId, at],
    );
    return rows.length === 1;
  }

  /** Within a transaction as the customer. @returns null while nobody has */
  async bearerClaimedAt(manager: EntityManager, customerId: string): Promise<Date | null> {
    const rows: { bearer_claimed_at: Date | null }[] = await manager.query(
      'SELECT bearer_claimed_at FROM gateway.customer WHERE customer_id = $1',
      [customerId],
    );
    return rows[0]?.bearer_claimed_at ?? null;
  }

  private async call(sql: string, values: unknown[]): Promise<void> {
    try {
      await this.dataSource.query(sql, values);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}

export interface Binding {
  readonly personId: string;
  readonly customerId: string;
  readonly wantedTier: CustomerTier;
}
