import type { EntityManager } from 'typeorm';
import type { Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { randomSecret, sha256 } from '#libs/x509';
import type { BearerCache } from '../auth/bearer-cache.js';
import type { KnownCustomer } from '../auth/principal.js';
import { type CredentialJson, presentCredential } from './credential.presenter.js';
import type { CredentialRepository } from './credential.repository.js';
import type { NewCredentialBody } from './credential.schema.js';
import { readBounds } from './credential-bounds.js';
import type { PermissionRepository } from './permission.repository.js';
import { isUuid, type PermissionService } from './permission.service.js';

export interface CredentialServiceParts {
  readonly tenants: TenantScope;
  readonly credentials: CredentialRepository;
  readonly permissions: PermissionRepository;
  readonly permissionService: PermissionService;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly cache: BearerCache;
  readonly clock: Clock;
}

/** The customer whose credentials they are. */
export type Owner = Pick<KnownCustomer, 'customerId' | 'handle'>;

export type NewCredentialJson = CredentialJson & { readonly cert_id: string; readonly bearer: string };

export interface CredentialPageJson {
  readonly credentials: readonly CredentialJson[];
  readonly next_page_token: string | null;
}

/** A customer's scoped credentials (specification 2 §2): many to a permission, each revoked by itself. */
export class CredentialService {
  constructor(private readonly parts: CredentialServiceParts) {}

  /**
   * Makes a credential for a permission, or for the permission of some modes, which is made at the first need: the
   * same modes are the same permission, so that nobody's credential gains a mode by another's.
   *
   * @throws DomainError bad_request, bad_ttl, permission_not_found
   */
  async create(owner: Owner, body: NewCredentialBody): Promise<NewCredentialJson> {
    const { tenants, credentials, permissionService, clock } = this.parts;
    const now = clock.now();
    const bounds = readBounds(body, now);
    if ((body.permission_id === undefined) === (body.modes === undefined)) {
      throw new DomainError('bad_request', 'Give either permission_id or modes.');
    }
    const bearer = randomSecret();
    return tenants.run(owner.customerId, async (manager) => {
      const permission =
        body.modes === undefined
          ? await permissionService.existing(manager, body.permission_id ?? '')
          : await permissionService.forModes(manager, owner, body.modes);
      const credential = await credentials.add(manager, owner.customerId, {
        ...bounds,
        permissionId: permission.id,
        hash: sha256(Buffer.from(bearer, 'latin1')),
      });
      const { grants } = permission;
      const [first] = grants;
      return { ...presentCredential(credential, grants, now), cert_id: first?.certId ?? '', bearer };
    });
  }

  /** @throws DomainError bad_request for a token that this interface did not give */
  async list(
    { customerId }: Owner,
    page: { readonly size: number; readonly token: string },
  ): Promise<CredentialPageJson> {
    const { tenants, credentials, permissions, clock } = this.parts;
    if (page.token !== '' && !isUuid(page.token)) {
      throw new DomainError('bad_request', 'page_token is not one that this interface gave.');
    }
    return tenants.run(customerId, async (manager) => {
      const found = await credentials.page(manager, page.token || undefined, page.size + 1);
      const shown = found.slice(0, page.size);
      const ids = [...new Set(shown.map(({ permissionId }) => permissionId))];
      const byId = new Map((await permissions.findAll(manager, ids)).map((each) => [each.id, each]));
      const now = clock.now();
      return {
        credentials: shown.map((each) =>
          presentCredential(each, byId.get(each.permissionId)?.grants ?? [], now),
        ),
        next_page_token: found.length > page.size ? (shown.at(-1)?.id ?? null) : null,
      };
    });
  }

  /** @throws DomainError credential_not_found */
  show({ customerId }: Owner, id: string): Promise<CredentialJson> {
    return this.parts.tenants.run(customerId, (manager) => this.present(manager, id));
  }

  /**
   * Refuses a credential from now on, by every replica within a second; others of its permission go on. Idempotent.
   *
   * @throws DomainError credential_not_found
   */
  async revoke({ customerId }: Owner, id: string): Promise<CredentialJson> {
    const { tenants, credentials, outbox, cache, relay, clock } = this.parts;
    const revoked = await tenants.run(customerId, async (manager) => {
      await this.present(manager, id);
      await credentials.revoke(manager, id, new Date(clock.now()));
      await outbox.add(manager, events.credentialChanged, { customerId });
      return this.present(manager, id);
    });
    cache.forget(customerId);
    relay.wake();
    return revoked;
  }

  private async present(manager: EntityManager, id: string): Promise<CredentialJson> {
    const { credentials, permissions, clock } = this.parts;
    const credential = isUuid(id) ? await credentials.find(manager, id) : undefined;
    if (credential === undefined) {
      throw new DomainError('credential_not_found', 'You have no credential with this id.');
    }
    const [permission] = await permissions.findAll(manager, [credential.permissionId]);
    return presentCredential(credential, permission?.grants ?? [], clock.now());
  }
}
