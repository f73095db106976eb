import type { EntityManager } from 'typeorm';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { BearerCache } from '../auth/bearer-cache.js';
import { type KnownCustomer, type SigningMode, signingModes } from '../auth/principal.js';
import type { Permission } from './credential.js';
import { type PermissionJson, presentPermission, timeOf } from './credential.presenter.js';
import type { CredentialRepository } from './credential.repository.js';
import type { NewPermissionBody } from './credential.schema.js';
import type { PermissionRepository, SigningCert } from './permission.repository.js';

export interface PermissionServiceParts {
  readonly tenants: TenantScope;
  readonly permissions: PermissionRepository;
  readonly credentials: CredentialRepository;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly cache: BearerCache;
  readonly clock: Clock;
}

type Owner = Pick<KnownCustomer, 'customerId' | 'handle'>;

export interface SigningCertJson {
  readonly cert_id: string;
  readonly label: string;
  readonly created_at: string;
}

/** What a customer lets its scoped credentials do: which signing certs issue, in which modes. */
export class PermissionService {
  constructor(private readonly parts: PermissionServiceParts) {}

  /** A Dev customer has one: its intermediate, whichever generation of it signs. */
  async signingCerts(owner: Owner): Promise<{ signing_certs: SigningCertJson[] }> {
    const { id, label, createdAt } = await this.parts.tenants.run(owner.customerId, (manager) =>
      this.intermediate(manager, owner),
    );
    return { signing_certs: [{ cert_id: id, label, created_at: timeOf(createdAt) }] };
  }

  async list({ customerId }: Owner): Promise<{ permissions: PermissionJson[] }> {
    const { tenants, permissions } = this.parts;
    const found = await tenants.run(customerId, (manager) => permissions.list(manager));
    return { permissions: found.map(presentPermission) };
  }

  /** @throws DomainError permission_not_found */
  async show({ customerId }: Owner, id: string): Promise<PermissionJson> {
    return presentPermission(
      await this.parts.tenants.run(customerId, (manager) => this.existing(manager, id)),
    );
  }

  /** @throws DomainError permission_exists when another has this label */
  async create(owner: Owner, { label, modes }: NewPermissionBody): Promise<PermissionJson> {
    const { tenants, permissions } = this.parts;
    return tenants.run(owner.customerId, async (manager) => {
      const { id, isNew } = await permissions.add(manager, owner.customerId, label);
      if (!isNew) throw new DomainError('permission_exists', 'You have a permission with this label.');
      const { id: certId } = await this.intermediate(manager, owner);
      await permissions.grant(manager, owner.customerId, { permissionId: id, certId, modes: inOrder(modes) });
      return presentPermission(await this.existing(manager, id));
    });
  }

  /**
   * Sets the modes that a permission has for a signing cert, for all of its credentials at once.
   *
   * @throws DomainError permission_not_found, cert_not_allowed
   */
  async setModes(
    { customerId }: Owner,
    name: { readonly id: string; readonly certId: string },
    modes: readonly SigningMode[],
  ): Promise<PermissionJson> {
    const { permissions } = this.parts;
    return this.changing(customerId, async (manager) => {
      await this.existing(manager, name.id);
      const isOwn = isUuid(name.certId) && (await permissions.hasSigningCert(manager, name.certId));
      if (!isOwn) throw new DomainError('cert_not_allowed', 'You have no signing cert with this id.');
      const grant = { permissionId: name.id, certId: name.certId, modes: inOrder(modes) };
      await permissions.grant(manager, customerId, grant);
      return presentPermission(await this.existing(manager, name.id));
    });
  }

  /**
   * Ends a permission and revokes all of its credentials.
   *
   * @returns what it was
   * @throws DomainError permission_not_found
   */
  async delete({ customerId }: Owner, id: string): Promise<PermissionJson> {
    const { permissions, credentials, clock } = this.parts;
    return this.changing(customerId, async (manager) => {
      const permission = await this.existing(manager, id);
      const now = new Date(clock.now());
      await credentials.revokeAll(manager, id, now);
      await permissions.delete(manager, id, now);
      return presentPermission(permission);
    });
  }

  /** Within a transaction of the customer. @throws DomainError permission_not_found */
  async existing(manager: EntityManager, id: string): Promise<Permission> {
    const found = isUuid(id) ? await this.parts.permissions.find(manager, id) : undefined;
    if (found) return found;
    throw new DomainError('permission_not_found', 'You have no permission with this id.');
  }

  /** The permission for just these modes of the intermediate, which is made at the first need. */
  async forModes(manager: EntityManager, owner: Owner, modes: readonly SigningMode[]): Promise<Permission> {
    const { permissions } = this.parts;
    const sorted = inOrder(modes);
    const label = `${owner.handle}-intermediate:${sorted.join(',')}`;
    const { id, isNew } = await permissions.add(manager, owner.customerId, label);
    if (isNew) {
      const { id: certId } = await this.intermediate(manager, owner);
      await permissions.grant(manager, owner.customerId, { permissionId: id, certId, modes: sorted });
    }
    return this.existing(manager, id);
  }

  private intermediate(manager: EntityManager, { customerId, handle }: Owner): Promise<SigningCert> {
    return this.parts.permissions.signingCert(manager, customerId, `${handle}-intermediate`);
  }

  /** A change that every replica hears of, since it bears on credentials that are in use. */
  private async changing<T>(customerId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { tenants, outbox, cache, relay } = this.parts;
    const result = await tenants.run(customerId, async (manager) => {
      const done = await work(manager);
      await outbox.add(manager, events.credentialChanged, { customerId });
      return done;
    });
    cache.forget(customerId);
    relay.wake();
    return result;
  }
}

/** Each once, in the specification's order. */
function inOrder(modes: readonly SigningMode[]): SigningMode[] {
  return signingModes.filter((mode) => modes.includes(mode));
}

/** A text that is no UUID is nobody's id; PostgreSQL would call it an error. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
