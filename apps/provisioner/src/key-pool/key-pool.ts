import type { TenantScope } from '#libs/database';
import {
  type CaKeyAlgorithm,
  formatKeyRef,
  type KeyLabels,
  type KeyManagement,
  type KeyRef,
  parseKeyRef,
} from '#libs/kms';
import type { Clock } from '#libs/service';
import { randomSerial } from '#libs/x509';
import type { AuthorityName } from '../authority/authority.repository.js';
import type { CeremonyRepository } from '../ceremony/ceremony.repository.js';
import type { KeyPoolRepository } from './key-pool.repository.js';

export interface KeyPoolParts {
  readonly scope: TenantScope;
  readonly poolKeys: KeyPoolRepository;
  readonly ceremonies: CeremonyRepository;
  readonly signer: KeyManagement;
  readonly clock: Clock;
  /** Keys of each kind that wait for their customers; 0 for none. */
  readonly size: number;
}

/** What a key's labels say of it. */
export interface KeyPurpose {
  /** UUID. */
  readonly customer: string;
  readonly handle: string;
  readonly purpose: string;
  readonly generation: number;
}

/** What sign-ups need by default: a root and an intermediate. */
const stocked: readonly CaKeyAlgorithm[] = ['P-384', 'P-256'];
/** Keys that are asked for at once: more only queue at the service. */
const concurrentCreations = 4;

/**
 * Keys that were made ahead of those who need them: where a key management service makes few keys a second, many
 * can still sign up at once.
 *
 * A key's name is on record before the key is made, and making it is asked again after a crash: none is lost. Who
 * takes one is on record too, so a ceremony that is taken up again gets the same.
 */
export class KeyPool {
  #installation: Promise<string> | undefined;

  constructor(private readonly parts: KeyPoolParts) {}

  /** Labels of a key, with the mark of this installation. */
  async labels({ customer, handle, purpose, generation }: KeyPurpose): Promise<KeyLabels> {
    return { ...(await this.mark()), customer, handle, purpose, generation: String(generation) };
  }

  /** What every key of this installation is labelled with. */
  async mark(): Promise<KeyLabels> {
    this.#installation ??= this.parts.scope.everyCustomer((manager) =>
      this.parts.poolKeys.installation(manager),
    );
    try {
      return { installation: await this.#installation };
    } catch (error) {
      this.#installation = undefined;
      throw error;
    }
  }

  /** A key for one authority; undefined when it makes one by its name. The answer is the same whenever it is asked. */
  async take(
    authority: AuthorityName,
    wanted: { readonly name: string; readonly algorithm: CaKeyAlgorithm },
  ): Promise<KeyRef | undefined> {
    const { scope, poolKeys, clock } = this.parts;
    const key = { ...wanted, createdAt: new Date(clock.now()) };
    const taken = await scope.run(authority.customerId, (manager) => poolKeys.take(manager, authority, key));
    return taken === undefined ? undefined : parseKeyRef(taken);
  }

  /**
   * Makes keys until there are enough of each kind, or until a ceremony is to be worked on: whoever signs up comes
   * first, and may need what the service makes. What is missing then is made when it is asked again.
   *
   * @param signal ends it after the keys that are being made
   */
  async fill(signal: AbortSignal): Promise<void> {
    if (!this.parts.signer.adopts || (await this.#isNeededElsewhere())) return;
    const planned = await this.#plan();
    const makeAll = async (): Promise<void> => {
      while (planned.length > 0 && !signal.aborted && !(await this.#isNeededElsewhere())) {
        const next = planned.pop();
        if (next) await this.#make(next.name, next.algorithm);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: concurrentCreations }, makeAll));
    const failed = ended.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #isNeededElsewhere(): Promise<boolean> {
    const { scope, ceremonies, clock } = this.parts;
    const now = new Date(clock.now());
    return scope.everyCustomer(async (manager) => (await ceremonies.due(manager, now, 1)).length > 0);
  }

  /** Names what is missing, beside what was named before and never made. */
  #plan(): Promise<{ name: string; algorithm: CaKeyAlgorithm }[]> {
    const { scope, poolKeys, size, clock } = this.parts;
    return scope.everyCustomer(async (manager) => {
      const createdAt = new Date(clock.now());
      for (const algorithm of stocked) {
        const missing = size - (await poolKeys.stock(manager, algorithm));
        for (let count = 0; count < missing; count++) {
          const name = `dev-pool-${randomSerial().toString('hex')}`;
          await poolKeys.plan(manager, { name, algorithm, createdAt });
        }
      }
      // The end is taken first, and both kinds are wanted.
      return poolKeys.planned(manager);
    });
  }

  async #make(name: string, algorithm: CaKeyAlgorithm): Promise<void> {
    const { scope, poolKeys, signer } = this.parts;
    const key = await signer.createKey(name, algorithm, { ...(await this.mark()), purpose: 'pool' });
    await scope.everyCustomer((manager) => poolKeys.made(manager, name, formatKeyRef(key)));
  }
}
