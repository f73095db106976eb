import type { Pool, PoolClient } from 'pg';
import type { Issued } from '#libs/contracts';
import {
  byteaArray,
  mapDatabaseError,
  textArray,
  timestamptzArray,
  uuidArray,
  uuidBytes,
  withTenant,
} from '#libs/database';
import { CaOwners } from '../authority/ca-owners.js';
import type { CertificateName, RevokedState } from '../journal/journal-entry.js';
import { dayMs, daysBetween } from './days.js';
import { canonicalSerial } from './serial.js';

/** Longest that a certificate lives, in days (specification 1 §3), and one for the day's end. */
const liveDays = 91;
/** The same for birth certificates (specification 2 §3). */
const birthDays = 366;
/** Stands for the master bearer. */
const noCredential = new Uint8Array(16);

const columns = `
  s.serial, s.ca_id, s.credential_id, (extract(epoch FROM s.expires_at) * 1000)::float8 AS expires_at,
  (extract(epoch FROM r.revoked_at) * 1000)::float8 AS revoked_at, r.reason,
  (extract(epoch FROM r.invalidity_date) * 1000)::float8 AS invalidity_date`;

/** One probe of the key a day: it begins with the day, so that recording stays cheap. */
const onDaysSql = `
  SELECT ${columns}
  FROM revocation.issued_serial s LEFT JOIN revocation.revoked r USING (ca_id, serial)
  WHERE s.serial = ANY($1::bytea[]) AND s.expires_on = ANY($2::date[])`;

/** What expires outside of every month that has a partition: nothing, unless clocks or this job were wrong. */
const elsewhereSql = `
  SELECT ${columns}
  FROM revocation.issued_serial_default s LEFT JOIN revocation.revoked r USING (ca_id, serial)
  WHERE s.serial = ANY($1::bytea[])`;

const subscriberSql = 'SELECT revocation.subscriber_of($1, $2, $3::date[]) AS customer_id';

const revokedSql = `
  SELECT (extract(epoch FROM revoked_at) * 1000)::float8 AS revoked_at, reason,
    (extract(epoch FROM invalidity_date) * 1000)::float8 AS invalidity_date
  FROM revocation.revoked WHERE ca_id = $1 AND serial = $2`;

/** What `issued` events say: who was issued which certificates, by which credential, and as what. */
export type IssuedCertificates = Pick<Issued, 'certificates' | 'mintings' | 'profiled'>;

export interface SerialSearch {
  readonly customerId: string;
  /** As `canonicalSerial` gives them. */
  readonly serials: readonly Uint8Array[];
  /** Unix milliseconds. */
  readonly now: number;
  /** The first day that has a partition, as YYYY-MM-DD. */
  readonly firstDay: string;
}

/** A certificate that was issued, and how it stands. */
export interface IssuedSerial extends CertificateName {
  /** UUID of the scoped credential that minted it; undefined for the master bearer. */
  readonly credentialId: string | undefined;
  /** Undefined when it is not revoked. */
  readonly revoked: RevokedState | undefined;
  /** UUID of the CA's holder, where that is another customer: its journal tells how the certificate stands. */
  readonly caOwner?: string;
}

interface RevokedRow {
  readonly revoked_at: number | null;
  readonly reason: number | null;
  readonly invalidity_date: number | null;
}

interface SerialRow extends RevokedRow {
  readonly serial: Buffer;
  readonly ca_id: string;
  readonly credential_id: string | null;
  readonly expires_at: number;
}

/** The serial numbers that were issued. Only `find` shows them, to each customer its own. */
export class IssuedSerialRepository {
  readonly #owners: CaOwners;

  constructor(private readonly pool: Pool) {
    this.#owners = new CaOwners(pool);
  }

  /** Records certificates of any number of customers in one statement; what is recorded already stays. */
  async record({ certificates, mintings, profiled }: IssuedCertificates): Promise<void> {
    const octetsOf = rememberingUuids();
    const minters = bySerial(mintings, ({ credentialId }) => credentialId);
    const named = bySerial(profiled, ({ profile }) => profile);
    const serials: Uint8Array[] = [];
    const customers: Uint8Array[] = [];
    const cas: Uint8Array[] = [];
    const starts: number[] = [];
    const expiries: number[] = [];
    const credentials: Uint8Array[] = [];
    const profiles: (string | undefined)[] = [];
    for (const certificate of certificates) {
      const serial = canonicalSerial(certificate.serial);
      if (serial === undefined) continue;
      serials.push(serial);
      customers.push(octetsOf(certificate.customerId));
      cas.push(octetsOf(certificate.caId));
      starts.push(Number(certificate.notBefore));
      expiries.push(Number(certificate.notAfter));
      const minter = minters.size === 0 ? undefined : minters.get(hexOf(serial));
      credentials.push(minter === undefined ? noCredential : octetsOf(minter));
      // What is missing at the end of this array is NULL to PostgreSQL: plain mints cost nothing.
      if (named.size > 0) profiles.push(named.get(hexOf(serial)));
    }
    try {
      await this.pool.query('SELECT revocation.record_issued($1, $2, $3, $4, $5, $6, $7)', [
        byteaArray(serials),
        uuidArray(customers),
        uuidArray(cas),
        timestamptzArray(starts),
        timestamptzArray(expiries),
        uuidArray(credentials),
        textArray(profiles),
      ]);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** Those of the serial numbers that this customer has, by their hexadecimal form. */
  async find({ customerId, serials, now, firstDay }: SerialSearch): Promise<Map<string, IssuedSerial>> {
    const found = new Map<string, IssuedSerial>();
    const search = async (client: PoolClient) => {
      const ask = async (text: string, days?: () => string) => {
        const wanted = serials.filter((serial) => !found.has(hexOf(serial)));
        if (wanted.length === 0) return;
        const values = [byteaArray(wanted), ...(days ? [days()] : [])];
        const { rows } = await client.query<SerialRow>(text, values);
        for (const row of rows) found.set(hexOf(row.serial), issuedSerial(row));
      };
      const onDays = (from: number, to: number) => ask(onDaysSql, () => daysBetween(from, to));
      await onDays(now, now + liveDays * dayMs);
      await onDays(Date.parse(firstDay), now - dayMs);
      await onDays(now + (liveDays + 1) * dayMs, now + birthDays * dayMs);
      await ask(elsewhereSql);
    };
    // Which partitions the days are in is seen when it runs: to plan for each list of days takes longer than to search.
    await withTenant(this.pool, customerId, search, { genericPlans: true });
    const owners = await this.#owners.of([...found.values()].map(({ caId }) => caId));
    for (const [key, certificate] of found) {
      const caOwner = owners.get(certificate.caId) ?? customerId;
      if (caOwner === customerId) continue;
      const revoked = await this.revokedState(customerId, certificate);
      found.set(key, { ...certificate, revoked, caOwner });
    }
    return found;
  }

  /** How a certificate stands whose issuing is not recorded here yet, or whose CA is another's. */
  async revokedState(
    customerId: string,
    { caId, serial }: Pick<CertificateName, 'caId' | 'serial'>,
  ): Promise<RevokedState | undefined> {
    const owner = (await this.#owners.of([caId])).get(caId) ?? customerId;
    return withTenant(this.pool, owner, async (client) => {
      const values = [caId, Buffer.from(serial)];
      const { rows } = await client.query<RevokedRow>(revokedSql, values);
      return rows[0] && revokedState(rows[0]);
    });
  }

  /** UUID of the customer to whom a CA issued a serial number, whoever holds the CA; undefined for none. */
  async subscriberOf(
    caId: string,
    serial: Uint8Array,
    span: Pick<SerialSearch, 'now' | 'firstDay'>,
  ): Promise<string | undefined> {
    try {
      const values = [caId, Buffer.from(serial), daysOf(span)];
      const { rows } = await this.pool.query<{ customer_id: string | null }>(subscriberSql, values);
      return rows[0]?.customer_id ?? undefined;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}

/** Every day on which a certificate may end that is not yet forgotten. */
const daysOf = ({ now, firstDay }: Pick<SerialSearch, 'now' | 'firstDay'>): string =>
  daysBetween(Date.parse(firstDay), now + birthDays * dayMs);

function issuedSerial(row: SerialRow): IssuedSerial {
  return {
    caId: row.ca_id,
    serial: row.serial,
    expiresAt: row.expires_at,
    credentialId: row.credential_id ?? undefined,
    revoked: revokedState(row),
  };
}

function revokedState({ revoked_at, reason, invalidity_date }: RevokedRow): RevokedState | undefined {
  if (revoked_at === null || reason === null) return undefined;
  return { revokedAt: revoked_at, reason, invalidityDate: invalidity_date ?? undefined };
}

/** The key under which `find` gives a certificate. */
export function hexOf(serial: Uint8Array): string {
  return Buffer.from(serial.buffer, serial.byteOffset, serial.byteLength).toString('hex');
}

/** A batch names few customers and CAs many times. */
function rememberingUuids(): (uuid: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (uuid) => {
    const remembered = known.get(uuid);
    if (remembered) return remembered;
    const octets = uuidBytes(uuid);
    known.set(uuid, octets);
    return octets;
  };
}

/** What an event says of some of its certificates, by their canonical serial numbers. */
function bySerial<T extends { readonly serials: readonly Uint8Array[] }>(
  sayings: readonly T[],
  wordOf: (saying: T) => string,
): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const saying of sayings) {
    for (const each of saying.serials) {
      const serial = canonicalSerial(each);
      if (serial !== undefined) words.set(hexOf(serial), wordOf(saying));
    }
  }
  return words;
}
