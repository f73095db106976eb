import { randomUUID } from 'node:crypto';
import { type EntityManager, IsNull } from 'typeorm';
import { DomainError } from '#libs/errors';
import { AuthorityEntity, type AuthorityKind, type AuthorityRow } from './authority.entity.js';

export type NewAuthority = Omit<
  AuthorityRow,
  'id' | 'toBeSigned' | 'certificate' | 'request' | 'issuerCertificate'
>;

/** A certificate that a root of the customer's own has signed, in DER. */
export interface ImportedCertificate {
  readonly toBeSigned: Uint8Array;
  readonly certificate: Uint8Array;
  readonly issuerCertificate: Uint8Array;
}

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

  /** The newest of a kind, also one without a certificate yet. */
  newest(manager: EntityManager, customerId: string, kind: AuthorityKind): Promise<AuthorityRow | null> {
    return manager.findOne(AuthorityEntity, { where: { customerId, kind }, order: { generation: 'DESC' } });
  }

  all(manager: EntityManager, customerId: string): Promise<AuthorityRow[]> {
    return manager.find(AuthorityEntity, {
      where: { customerId },
      order: { kind: 'DESC', generation: 'ASC' },
    });
  }

  /** An authority as {@link add} puts it on record. */
  prepare(authority: NewAuthority): AuthorityRow {
    const later = { toBeSigned: null, certificate: null, request: null, issuerCertificate: null };
    return { ...authority, ...later, id: randomUUID() };
  }

  async add(manager: EntityManager, authority: AuthorityRow): Promise<void> {
    await manager.insert(AuthorityEntity, authority);
  }

  /** @throws DomainError internal when there is a draft: there is only ever one */
  async draft(manager: EntityManager, id: string, toBeSigned: Buffer): Promise<void> {
    const { affected } = await manager.update(AuthorityEntity, { id, toBeSigned: IsNull() }, { toBeSigned });
    if (affected !== 1) throw new DomainError('internal', 'The authority has a draft already.');
  }

  /** Keeps an earlier request: there is only ever one. */
  async request(manager: EntityManager, id: string, request: Uint8Array): Promise<void> {
    await manager.update(AuthorityEntity, { id, request: IsNull() }, { request: Buffer.from(request) });
  }

  /** Keeps an earlier certificate: there is only ever one. */
  async import(manager: EntityManager, id: string, imported: ImportedCertificate): Promise<void> {
    await manager.update(
      AuthorityEntity,
      { id, certificate: IsNull() },
      {
        toBeSigned: Buffer.from(imported.toBeSigned),
        certificate: Buffer.from(imported.certificate),
        issuerCertificate: Buffer.from(imported.issuerCertificate),
      },
    );
  }

  /** @throws DomainError internal when there is a certificate: there is only ever one */
  async certify(manager: EntityManager, id: string, certificate: Buffer): Promise<void> {
    const { affected } = await manager.update(
      AuthorityEntity,
      { id, certificate: IsNull() },
      { certificate },
    );
    if (affected !== 1) throw new DomainError('internal', 'The authority has a certificate already.');
  }
}
