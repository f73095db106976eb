import type { Authority, ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import { type Client, type EventBus, events, followEverywhere, type Subscription } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { AuthorityRepository } from './authority.repository.js';
import { type AuthorityRow, type KnownAuthority, knownAuthority } from './known-authority.js';

export interface AuthorityDirectoryParts {
  readonly repository: Pick<AuthorityRepository, 'all' | 'keep'>;
  readonly provisioner: Pick<Client<typeof ProvisionerService>, 'getAuthority'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const handlePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
/** Milliseconds for which a handle that nobody has is not asked for again, and how many of them are kept. */
const absentMs = 5_000;
const mostAbsent = 10_000;
/** Handles of which it is kept that they share a CA. */
const mostSharing = 100_000;

/** Every CA, in memory: relying parties are answered also while nothing else runs. */
export class AuthorityDirectory {
  readonly #parts: AuthorityDirectoryParts;
  readonly #byId = new Map<string, KnownAuthority>();
  readonly #byHandle = new Map<string, KnownAuthority[]>();
  readonly #absent = new Map<string, number>();
  /** Under whose name the CA goes that a handle shares with others. */
  readonly #sharing = new Map<string, string>();
  readonly #listeners: ((authority: KnownAuthority) => void)[] = [];

  constructor(parts: AuthorityDirectoryParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    for (const row of await this.#parts.repository.all()) this.#remember(row);
  }

  /** Hears of each CA that this process had not known. */
  onNew(listener: (authority: KnownAuthority) => void): void {
    this.#listeners.push(listener);
  }

  /** Follows new CAs: durably, so that none is missed, and on every replica, so that each one knows it. */
  follow(bus: EventBus): Promise<Subscription[]> {
    return followEverywhere(bus, events.caActivated, {
      durable: 'revocation',
      handler: async ({ authority }) => {
        if (authority) await this.#keep(authority);
      },
    });
  }

  get all(): Iterable<KnownAuthority> {
    return this.#byId.values();
  }

  byId(caId: string): KnownAuthority | undefined {
    return this.#byId.get(caId);
  }

  /** The CAs of a customer, as far as they are known here: its own, or else those that it shares. */
  known(handle: string): readonly KnownAuthority[] {
    const shared = this.#sharing.get(handle) ?? '';
    return this.#byHandle.get(handle) ?? this.#byHandle.get(shared) ?? [];
  }

  /**
   * The CAs of a customer, asked from their provisioner where no event has told of them yet.
   *
   * @returns empty when there is no such customer, or it has no CA yet
   * @throws DomainError when the provisioner cannot be asked
   */
  async ofHandle(handle: string): Promise<readonly KnownAuthority[]> {
    const known = this.known(handle);
    if (known.length > 0 || !handlePattern.test(handle) || this.#isAbsent(handle)) return known;
    try {
      const { authority } = await this.#parts.provisioner.getAuthority({ handle });
      if (authority) await this.#keep(authority);
      if (authority && authority.handle !== handle) this.#share(handle, authority.handle);
    } catch (error) {
      const { code } = DomainError.from(error);
      if (code !== 'customer_not_found' && code !== 'customer_not_active') throw error;
      this.#noteAbsent(handle);
    }
    return this.known(handle);
  }

  async #keep(authority: Authority): Promise<void> {
    const { caId, customerId, handle, generation, keyRef, rootId } = authority;
    const common = { customerId, handle, generation };
    const intermediate: AuthorityRow = {
      ...{ ...common, caId, kind: 'intermediate', keyRef },
      certificate: authority.intermediateDer,
      shards: Math.max(1, authority.crlShards),
    };
    const rows = [intermediate];
    if (rootId !== '') {
      const kind = 'root' as const;
      rows.push({
        ...common,
        caId: rootId,
        kind,
        keyRef: undefined,
        certificate: authority.rootDer,
        shards: 1,
      });
    }
    for (const row of rows) {
      const known = this.#byId.get(row.caId);
      if (known?.handle === row.handle && known.keyRef === row.keyRef) continue;
      await this.#parts.repository.keep(row);
      this.#remember(known ? { ...row, generation: known.generation, shards: known.shards } : row);
    }
  }

  #remember(row: AuthorityRow): void {
    let authority: KnownAuthority;
    try {
      authority = knownAuthority(row);
    } catch (error) {
      this.#parts.logger.error({ err: error, ca: row.caId }, 'a CA cannot be spoken about');
      return;
    }
    const isNew = !this.#byId.has(row.caId);
    this.#byId.set(row.caId, authority);
    const others = (this.#byHandle.get(row.handle) ?? []).filter(({ caId }) => caId !== row.caId);
    this.#byHandle.set(row.handle, [...others, authority]);
    this.#absent.delete(row.handle);
    if (isNew) for (const listener of this.#listeners) listener(authority);
  }

  #share(handle: string, holder: string): void {
    if (this.#sharing.size >= mostSharing) this.#sharing.clear();
    this.#sharing.set(handle, holder);
  }

  #isAbsent(handle: string): boolean {
    const until = this.#absent.get(handle);
    return until !== undefined && until > this.#parts.clock.now();
  }

  #noteAbsent(handle: string): void {
    if (this.#absent.size >= mostAbsent) this.#absent.clear();
    this.#absent.set(handle, this.#parts.clock.now() + absentMs);
  }
}
