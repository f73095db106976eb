import type { Pool } from 'pg';
import type { BulkCriteria, IssuerService } from '#libs/contracts';
import { byteaArray, withTenant } from '#libs/database';
import type { Client } from '#libs/rpc';
import { type Certificate, parseCertificate, sha256 } from '#libs/x509';
import { CaOwners } from '../authority/ca-owners.js';
import type { CertificateName } from '../journal/journal-entry.js';
import { hexOf } from '../serial-status/issued-serial.repository.js';
import { canonicalSerial } from '../serial-status/serial.js';
import { matchesPattern } from './pattern.js';

export interface BulkSelectionParts {
  readonly pool: Pool;
  readonly issuer: Pick<Client<typeof IssuerService>, 'getCertificates'>;
}

/** Where a page begins: after this certificate, by day of expiry and serial number. */
export interface BulkCursor {
  /** YYYY-MM-DD, or -infinity. */
  readonly day: string;
  readonly serial: Uint8Array;
}

export interface BulkSearch {
  readonly customerId: string;
  readonly criteria: BulkCriteria;
  /** Unix milliseconds: what has expired by then does not match. */
  readonly now: number;
  /** Unix milliseconds: what was issued later does not match. */
  readonly issuedUpTo: number;
}

export interface BulkMatch extends CertificateName {
  readonly isRevoked: boolean;
}

export interface BulkPage {
  readonly matches: readonly BulkMatch[];
  /** Undefined after the last page. */
  readonly next: BulkCursor | undefined;
}

export const firstPage: BulkCursor = { day: '-infinity', serial: new Uint8Array(0) };
const pageSize = 5_000;
/** A customer with few certificates is looked for among those of all others. */
const timeout = "SET LOCAL statement_timeout = '10min'";
/** Leaves begin so many seconds before they are issued, against clock skew; their lifetime counts from issuing. */
const backdate = 60;
/** Certificates of one question to the issuer: a message carries at most a megabyte. */
const askedAtOnce = 250;

const pageSql = `
  SELECT s.serial, s.ca_id, s.expires_on::text AS day,
    (extract(epoch FROM s.expires_at) * 1000)::float8 AS expires_at, r.serial IS NOT NULL AS is_revoked
  FROM revocation.issued_serial s LEFT JOIN revocation.revoked r USING (ca_id, serial)
  WHERE s.customer_id = $1 AND (s.expires_on, s.serial) > ($2::date, $3::bytea) AND s.expires_at > $4
    AND (s.issued_at IS NULL OR s.issued_at <= $5)
    AND ($6::uuid IS NULL OR s.credential_id = $6)
    AND ($7::timestamptz IS NULL OR s.issued_at >= $7)
    AND ($8::timestamptz IS NULL OR s.issued_at < $8)
    AND ($9::float8 = 0 OR extract(epoch FROM s.expires_at - s.issued_at) = $9)
    AND ($10::bytea[] IS NULL OR s.serial = ANY($10))
    AND ($11::text = '' OR coalesce(s.profile, 'mint') = $11)
  ORDER BY s.expires_on, s.serial LIMIT ${pageSize}`;

const revokedSql = `
  SELECT serial FROM revocation.revoked WHERE ca_id = $1 AND serial = ANY($2::bytea[])`;

interface PageRow {
  readonly serial: Buffer;
  readonly ca_id: string;
  readonly day: string;
  readonly expires_at: number;
  readonly is_revoked: boolean;
}

/** Finds the certificates that a bulk revocation is about. */
export class BulkSelection {
  readonly #owners: CaOwners;

  constructor(private readonly parts: BulkSelectionParts) {
    this.#owners = new CaOwners(parts.pool);
  }

  /**
   * One page of what matches, in the order of day of expiry and serial number.
   *
   * Names and keys are not kept here: the issuer is asked for the certificates that match all else.
   *
   * @throws DomainError storage_unavailable; service_unavailable when the issuer has to be asked and is away
   */
  async page(search: BulkSearch, after: BulkCursor): Promise<BulkPage> {
    const rows = await this.#rows(search, after);
    const matches = await this.#asHolderSays(search.customerId, await this.#byContent(search, rows));
    const last = rows.length === pageSize ? rows.at(-1) : undefined;
    return { matches, next: last && { day: last.day, serial: last.serial } };
  }

  async #rows(search: BulkSearch, after: BulkCursor): Promise<PageRow[]> {
    const { customerId, criteria, now, issuedUpTo } = search;
    const { credentialId, issuedFrom, issuedBefore, ttlSeconds, profile } = criteria;
    const serials = criteria.serials.map(canonicalSerial).filter((serial) => serial !== undefined);
    return withTenant(this.parts.pool, customerId, async (client) => {
      await client.query(timeout);
      const { rows } = await client.query<PageRow>(pageSql, [
        customerId,
        after.day,
        Buffer.from(after.serial),
        new Date(now),
        new Date(issuedUpTo),
        credentialId || null,
        dateOf(issuedFrom),
        dateOf(issuedBefore),
        ttlSeconds === 0n ? 0 : Number(ttlSeconds) + backdate,
        criteria.serials.length === 0 ? null : byteaArray(serials),
        profile,
      ]);
      return rows;
    });
  }

  async #byContent({ customerId, criteria }: BulkSearch, rows: readonly PageRow[]): Promise<BulkMatch[]> {
    const isWanted = contentFilter(criteria);
    if (isWanted === undefined) return rows.map(matchOf);
    const wanted = new Set<string>();
    for (const group of byDay(rows)) {
      const serials = group.map(({ serial }) => serial);
      const notAfter = BigInt(Math.floor((group[0]?.expires_at ?? 0) / 1000));
      const { certificates } = await this.parts.issuer.getCertificates({ customerId, serials, notAfter });
      for (const certificate of certificates.map(parseCertificate)) {
        const serial = canonicalSerial(Buffer.from(certificate.serialHex, 'hex'));
        if (serial !== undefined && isWanted(certificate)) wanted.add(hexOf(serial));
      }
    }
    return rows.filter(({ serial }) => wanted.has(hexOf(serial))).map(matchOf);
  }

  /** Of a CA that somebody else holds, the holder's journal tells what is revoked. */
  async #asHolderSays(customerId: string, matches: readonly BulkMatch[]): Promise<readonly BulkMatch[]> {
    const owners = await this.#owners.of(matches.map(({ caId }) => caId));
    const holderOf = (caId: string) => owners.get(caId) ?? customerId;
    const shared = matches.filter(({ caId }) => holderOf(caId) !== customerId);
    if (shared.length === 0) return matches;
    const revoked = new Set<string>();
    for (const caId of new Set(shared.map((match) => match.caId))) {
      const issued = shared.filter((match) => match.caId === caId);
      for (const serial of await this.#revoked(holderOf(caId), caId, issued)) revoked.add(hexOf(serial));
    }
    return matches.map((match) =>
      holderOf(match.caId) === customerId ? match : { ...match, isRevoked: revoked.has(hexOf(match.serial)) },
    );
  }

  #revoked(holder: string, caId: string, issued: readonly BulkMatch[]): Promise<Buffer[]> {
    return withTenant(this.parts.pool, holder, async (client) => {
      const values = [caId, byteaArray(issued.map(({ serial }) => serial))];
      const { rows } = await client.query<{ serial: Buffer }>(revokedSql, values);
      return rows.map(({ serial }) => serial);
    });
  }
}

/** Undefined when the criteria ask for nothing that only the certificate itself tells. */
function contentFilter(criteria: BulkCriteria): ((certificate: Certificate) => boolean) | undefined {
  const { sanPattern, keySha256 } = criteria;
  if (sanPattern === '' && keySha256.length === 0) return undefined;
  return (certificate) => {
    if (keySha256.length > 0 && Buffer.compare(sha256(certificate.spki.der), keySha256) !== 0) return false;
    return (
      sanPattern === '' || certificate.subjectAltNames.some(({ value }) => matchesPattern(value, sanPattern))
    );
  };
}

/** Rows of one day, and no more than one question takes. */
function byDay(rows: readonly PageRow[]): PageRow[][] {
  const groups: PageRow[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group && group[0]?.day === row.day && group.length < askedAtOnce) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

const matchOf = ({ serial, ca_id, expires_at, is_revoked }: PageRow): BulkMatch => ({
  ...{ serial, caId: ca_id, expiresAt: expires_at, isRevoked: is_revoked },
});

const dateOf = (seconds: bigint | undefined): Date | null =>
  seconds === undefined ? null : new Date(Number(seconds) * 1000);
