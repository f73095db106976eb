import { type EntityManager, IsNull } from 'typeorm';
import { AuthorityEntity, type AuthorityKind, type AuthorityRow } from './authority.entity.js';

export type NewAuthority = Omit<AuthorityRow, 'id' | 'toBeSigned' | 'certificate'>;

/** One authority, named by what it is to its customer. */
export interface AuthorityName {
  readonly customerId: string;
  readonly kind: AuthorityKind;
  readonly generation: number;
}

/** Every method works within a transaction of a tenant (or of every customer), given as `manager`. */
export class AuthorityRepository {
  find(manager: EntityManager, name: AuthorityName): Promise<AuthorityRow | null> {
    return manager.findOneBy(AuthorityEntity, name);
  }

  /** A root by its id. */
  root(manager: EntityManager, id: string): Promise<AuthorityRow | null> {
    return manager.findOneBy(AuthorityEntity, { id, kind: 'root' });
  }

  /** The newest root of a customer; null where another party's root signs its intermediates. */
  newestRoot(manager: EntityManager, customerId: string): Promise<AuthorityRow | null> {
    return manager.findOne(AuthorityEntity, {
      where: { customerId, kind: 'root' },
      order: { generation: 'DESC' },
    });
  }

  async add(manager: EntityManager, authority: NewAuthority): Promise<void> {
    await manager.insert(AuthorityEntity, authority);
  }

  /** Keeps an earlier draft: there is only ever one. */
  async draft(manager: EntityManager, id: string, toBeSigned: Uint8Array): Promise<void> {
    const draft = { toBeSigned: Buffer.from(toBeSigned) };
    await manager.update(AuthorityEntity, { id, toBeSigned: IsNull() }, draft);
  }

  /** Keeps an earlier certificate: there is only ever one. */
  async certify(manager: EntityManager, id: string, certificate: Uint8Array): Promise<void> {
    const certified = { certificate: Buffer.from(certificate) };
    await manager.update(AuthorityEntity, { id, certificate: IsNull() }, certified);
  }
}
