import type { DataSource } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import type { Identity } from '#libs/identity';
import type { CustomerStanding, CustomerTier } from '../auth/principal.js';

/** A person as a session or an identity token finds it; without a customer, the last four are null. */
export interface PersonRow {
  readonly session_id: string | null;
  readonly person_id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string;
  readonly name: string | null;
  readonly wanted_tier: CustomerTier | null;
  readonly customer_id: string | null;
  readonly handle: string | null;
  readonly status: CustomerStanding | null;
  readonly tier: CustomerTier | null;
}

/** People and their sessions. A session's secret is in no table, only its SHA-256. */
export class SessionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The person of an identity, who is remembered from now on. @returns its UUID */
  async know({ issuer, subject, email, name }: Identity): Promise<string> {
    const [row] = await this.ask<{ id: string }>('SELECT gateway.know_person($1, $2, $3, $4) AS id', [
      ...[issuer, subject, email, name ?? null],
    ]);
    if (row === undefined) throw new TypeError('know_person gave no row');
    return row.id;
  }

  async open(personId: string, hash: Buffer, times: { now: number; expires: number }): Promise<void> {
    await this.ask('SELECT gateway.open_session($1, $2, $3, $4)', [
      ...[personId, hash, new Date(times.now), new Date(times.expires)],
    ]);
  }

  /** @param now Unix milliseconds */
  async byHash(hash: Buffer, now: number): Promise<PersonRow | undefined> {
    const rows = await this.ask<PersonRow>('SELECT * FROM gateway.find_session($1, NULL, $2)', [
      ...[hash, new Date(now)],
    ]);
    return rows[0];
  }

  async byPerson(personId: string, now: number): Promise<PersonRow | undefined> {
    const rows = await this.ask<PersonRow>('SELECT * FROM gateway.find_session(NULL, $1, $2)', [
      ...[personId, new Date(now)],
    ]);
    return rows[0];
  }

  async end(hash: Buffer): Promise<void> {
    await this.ask('SELECT gateway.end_session($1)', [hash]);
  }

  private async ask<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    try {
      return await this.dataSource.query(sql, parameters);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}
