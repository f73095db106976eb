import type { Pool, PoolClient } from 'pg';

/** The advisory lock of one ceremony, on a connection of its own: it ends with the connection. */
export class CeremonyLock {
  private constructor(
    private readonly client: PoolClient,
    private readonly name: string,
  ) {}

  /** Undefined when another process works on the ceremony. */
  static async take(pool: Pool, ceremonyId: string): Promise<CeremonyLock | undefined> {
    const client = await pool.connect();
    // A connection that breaks takes its lock along; the work goes on, and stays right.
    client.on('error', ignore);
    const lock = new CeremonyLock(client, `stackrunner ceremony ${ceremonyId}`);
    try {
      if (await lock.#ask('pg_try_advisory_lock')) return lock;
    } catch (error) {
      lock.#letGo(true);
      throw error;
    }
    lock.#letGo(false);
    return undefined;
  }

  /** Whether the connection, and so the lock, is still there. */
  async isHeld(): Promise<boolean> {
    try {
      await this.client.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async release(): Promise<void> {
    const released = await this.#ask('pg_advisory_unlock').catch(() => false);
    // A connection that may still hold the lock is closed, which ends the lock.
    this.#letGo(!released);
  }

  async #ask(what: 'pg_try_advisory_lock' | 'pg_advisory_unlock'): Promise<boolean> {
    const { rows } = await this.client.query<{ done: boolean }>(
      `SELECT ${what}(hashtextextended($1, 0)) AS done`,
      [this.name],
    );
    return rows[0]?.done === true;
  }

  #letGo(close: boolean): void {
    this.client.off('error', ignore);
    this.client.release(close);
  }
}

function ignore(): void {}
