import type { EntityManager } from 'typeorm';
import type { SigningMode } from '../auth/principal.js';
import type { Grant, Permission } from './credential.js';

/** What a customer's scoped credentials can be signed by. */
export interface SigningCert {
  /** UUID. */
  readonly id: string;
  readonly label: string;
  readonly createdAt: Date;
}

interface PermissionRow {
  readonly id: string;
  readonly label: string;
  readonly created_at: Date;
  readonly grants: readonly Grant[];
}

const permissionSql = `
  SELECT p.id, p.label, p.created_at, coalesce(jsonb_agg(jsonb_build_object(
      'certId', g.cert_id, 'certLabel', c.label, 'modes', g.modes) ORDER BY c.label)
    FILTER (WHERE g.cert_id IS NOT NULL), '[]') AS grants
  FROM gateway.permission p
  LEFT JOIN gateway.permission_signing_cert g ON g.permission_id = p.id
  LEFT JOIN gateway.signing_cert c ON c.id = g.cert_id`;

/** Every method works within a transaction of the customer, given as `manager`. */
export class PermissionRepository {
  /** The signing cert of this label, which is made at the first need. */
  async signingCert(manager: EntityManager, customerId: string, label: string): Promise<SigningCert> {
    await manager.query(
      'INSERT INTO gateway.signing_cert (customer_id, label) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [customerId, label],
    );
    const rows: { id: string; label: string; created_at: Date }[] = await manager.query(
      'SELECT id, label, created_at FROM gateway.signing_cert WHERE label = $1',
      [label],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The signing cert was not stored.');
    return { id: row.id, label: row.label, createdAt: row.created_at };
  }

  /** @returns false when the customer has no signing cert of this id */
  async hasSigningCert(manager: EntityManager, id: string): Promise<boolean> {
    const rows: unknown[] = await manager.query('SELECT FROM gateway.signing_cert WHERE id = $1', [id]);
    return rows.length > 0;
  }

  /** @returns the id, also of one of this label that was there before; and whether it is new */
  async add(
    manager: EntityManager,
    customerId: string,
    label: string,
  ): Promise<{ id: string; isNew: boolean }> {
    const added: { id: string }[] = await manager.query(
      `INSERT INTO gateway.permission (customer_id, label) VALUES ($1, $2)
       ON CONFLICT (customer_id, label) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
      [customerId, label],
    );
    if (added[0]) return { id: added[0].id, isNew: true };
    const known: { id: string }[] = await manager.query(
      'SELECT id FROM gateway.permission WHERE label = $1 AND deleted_at IS NULL',
      [label],
    );
    if (known[0] === undefined) throw new Error('The permission was not stored.');
    return { id: known[0].id, isNew: false };
  }

  async grant(
    manager: EntityManager,
    customerId: string,
    grant: { readonly permissionId: string; readonly certId: string; readonly modes: readonly SigningMode[] },
  ): Promise<void> {
    await manager.query(
      `INSERT INTO gateway.permission_signing_cert (customer_id, permission_id, cert_id, modes)
       VALUES ($1, $2, $3, $4)
       ON CONFLICT (permission_id, cert_id) DO UPDATE SET modes = excluded.modes`,
      [customerId, grant.permissionId, grant.certId, [...grant.modes]],
    );
  }

  async find(manager: EntityManager, id: string): Promise<Permission | undefined> {
    const rows: PermissionRow[] = await manager.query(
      `${permissionSql} WHERE p.id = $1 AND p.deleted_at IS NULL GROUP BY p.id`,
      [id],
    );
    return rows[0] && permissionOf(rows[0]);
  }

  /** Those of a few credentials, also when they were deleted since. */
  async findAll(manager: EntityManager, ids: readonly string[]): Promise<Permission[]> {
    const rows: PermissionRow[] = await manager.query(
      `${permissionSql} WHERE p.id = ANY ($1) GROUP BY p.id`,
      [[...ids]],
    );
    return rows.map(permissionOf);
  }

  async list(manager: EntityManager): Promise<Permission[]> {
    const rows: PermissionRow[] = await manager.query(
      `${permissionSql} WHERE p.deleted_at IS NULL GROUP BY p.id ORDER BY p.created_at, p.id`,
    );
    return rows.map(permissionOf);
  }

  /** It grants nothing from now on. */
  async delete(manager: EntityManager, id: string, at: Date): Promise<void> {
    await manager.query('DELETE FROM gateway.permission_signing_cert WHERE permission_id = $1', [id]);
    await manager.query('UPDATE gateway.permission SET deleted_at = $2 WHERE id = $1', [id, at]);
  }
}

function permissionOf({ id, label, created_at, grants }: PermissionRow): Permission {
  return { id, label, createdAt: created_at, grants };
}
