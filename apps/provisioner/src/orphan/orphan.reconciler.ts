import type { TenantScope } from '#libs/database';
import { formatKeyRef, type KeyDescription, type KeyManagement, parseKeyHome, type Signer } from '#libs/kms';
import { type Gauge, gauge, type Logger, type Registry } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { KeyPool } from '../key-pool/key-pool.js';
import type { IdleRoots } from '../root-crl/idle-roots.js';
import type { OrphanRepository } from './orphan.repository.js';

export interface OrphanReconcilerParts {
  readonly scope: TenantScope;
  readonly orphans: OrphanRepository;
  readonly keyPool: Pick<KeyPool, 'mark'>;
  readonly idleRoots: Pick<IdleRoots, 'rest'>;
  readonly signer: KeyManagement;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Milliseconds that a key which nobody names is left alone. */
  readonly graceMs: number;
}

export interface OrphanReport {
  /** Keys that nobody names, and that are not scheduled for destruction yet. */
  readonly found: readonly string[];
  /** Those of them whose destruction was scheduled just now. */
  readonly cleaned: readonly string[];
}

/**
 * Finds keys of this installation that no CA and no pool names: for example those that were made after the backup
 * from which the database was restored. A key that is young, or that a ceremony under way may still record, is left
 * alone; so is whatever does not carry this installation's label.
 *
 * Of the keys that a CA names, none is cleaned; a root among them that is enabled without need is put to rest.
 *
 * An orphan is reported at once. After the grace time its destruction is scheduled, which a person can still undo in
 * the key management service for 30 days.
 */
export class OrphanReconciler {
  readonly #gauge: Gauge;

  constructor(private readonly parts: OrphanReconcilerParts) {
    this.#gauge = gauge({
      registry: parts.metrics,
      name: 'orphan_keys',
      help: 'Keys with the label of this installation that no CA names, as the leading provisioner found last.',
    });
  }

  async reconcile(): Promise<OrphanReport> {
    const { signer, scope, orphans, keyPool, idleRoots, logger } = this.parts;
    const mark = await keyPool.mark();
    const homes = await scope.everyCustomer((manager) => orphans.keyHomes(manager));
    const found: string[] = [];
    const cleaned: string[] = [];
    for (const home of [undefined, ...homes]) {
      const keys = await this.#listed(home === undefined ? signer : signer.at(parseKeyHome(home)), mark);
      for (const key of keys) {
        const standing = await this.#standingOf(key);
        if (standing === 'named') await idleRoots.rest(key);
        if (standing !== 'orphan') continue;
        found.push(key.name);
        if (await this.#clean(key)) cleaned.push(key.name);
      }
    }
    this.#gauge.set(found.length - cleaned.length);
    if (found.length > 0) logger.warn({ found, cleaned }, 'there are keys that no CA names');
    return { found, cleaned };
  }

  async #listed(signer: Signer, mark: Record<string, string>): Promise<KeyDescription[]> {
    const keys = await signer.list(mark);
    // Also where a backend filters loosely: another installation's keys are none of our business.
    return keys.filter(({ labels }) => labels.installation === mark.installation);
  }

  async #standingOf({ key, labels, state }: KeyDescription): Promise<'ending' | 'busy' | 'named' | 'orphan'> {
    if (state === 'pending_destruction') return 'ending';
    const { scope, orphans } = this.parts;
    // In this order: what a ceremony under way has recorded meanwhile is named by then.
    const mayBeRecorded = await scope.everyCustomer((manager) =>
      orphans.ceremonyUnderWay(manager, labels.customer ?? ''),
    );
    if (mayBeRecorded) return 'busy';
    const isNamed = await scope.everyCustomer((manager) => orphans.isNamed(manager, formatKeyRef(key)));
    return isNamed ? 'named' : 'orphan';
  }

  async #clean({ key, name, createdAt }: KeyDescription): Promise<boolean> {
    const { signer, clock, graceMs, logger } = this.parts;
    if (clock.now() - createdAt < graceMs) return false;
    await signer.scheduleDestruction(key);
    logger.warn({ key: name, key_ref: formatKeyRef(key) }, 'the destruction of an orphan key was scheduled');
    return true;
  }
}
