import type { EntityManager } from 'typeorm';
import type { NameConstraints } from '#libs/x509';
import type { Credential, CredentialBounds } from './credential.js';

interface Row {
  readonly id: string;
  readonly permission_id: string;
  readonly label: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
  readonly max_ttl_seconds: number | null;
  readonly name_constraints: NameConstraints | null;
  readonly source_networks: readonly string[];
}

const columns = `id, permission_id, label, created_at, expires_at, revoked_at, last_used_at, max_ttl_seconds,
  name_constraints, source_networks`;

export interface NewCredential extends CredentialBounds {
  readonly permissionId: string;
  /** SHA-256. */
  readonly hash: Uint8Array;
}

/** Every method works within a transaction of the customer, given as `manager`. */
export class CredentialRepository {
  async add(manager: EntityManager, customerId: string, wish: NewCredential): Promise<Credential> {
    const { permissionId, hash, label, expiresAt, maxTtlSeconds, nameConstraints, sourceNetworks } = wish;
    const rows: Row[] = await manager.query(
      `INSERT INTO gateway.credential
         (customer_id, permission_id, hash, label, expires_at, max_ttl_seconds, name_constraints, source_networks)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
      [
        customerId,
        permissionId,
        Buffer.from(hash),
        label,
        expiresAt,
        maxTtlSeconds,
        nameConstraints === null ? null : JSON.stringify(nameConstraints),
        [...sourceNetworks],
      ],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The credential was not stored.');
    return credentialOf(row);
  }

  async find(manager: EntityManager, id: string): Promise<Credential | undefined> {
    const rows: Row[] = await manager.query(`SELECT ${columns} FROM gateway.credential WHERE id = $1`, [id]);
    return rows[0] && credentialOf(rows[0]);
  }

  /**
   * A page in order of creation.
   *
   * @param after id of the last one of the page before
   */
  async page(manager: EntityManager, after: string | undefined, size: number): Promise<Credential[]> {
    const rows: Row[] = await manager.query(
      `SELECT ${columns} FROM gateway.credential
       WHERE $1::uuid IS NULL
         OR (created_at, id) > (SELECT last.created_at, last.id FROM gateway.credential last WHERE last.id = $1)
       ORDER BY created_at, id LIMIT $2`,
      [after ?? null, size],
    );
    return rows.map(credentialOf);
  }

  /** One that is revoked already stays as it is. */
  async revoke(manager: EntityManager, id: string, at: Date): Promise<void> {
    await manager.query(
      'UPDATE gateway.credential SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL',
      [id, at],
    );
  }

  async revokeAll(manager: EntityManager, permissionId: string, at: Date): Promise<void> {
    await manager.query(
      'UPDATE gateway.credential SET revoked_at = $2 WHERE permission_id = $1 AND revoked_at IS NULL',
      [permissionId, at],
    );
  }
}

function credentialOf(row: Row): Credential {
  return {
    id: row.id,
    permissionId: row.permission_id,
    label: row.label,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    maxTtlSeconds: row.max_ttl_seconds,
    nameConstraints: row.name_constraints,
    sourceNetworks: row.source_networks,
  };
}
