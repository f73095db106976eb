import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { KeyProblemRepository } from './key-problem.repository.js';

export interface KeyProblemsParts {
  readonly repository: Pick<KeyProblemRepository, 'note' | 'clear'>;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Milliseconds in which a customer whose key fails is logged and recorded once. */
const notePauseMs = 10_000;
/** Milliseconds whose signatures are told to the database together: another process may have recorded a problem. */
const clearPauseMs = 2_000;
const rememberedCustomers = 10_000;

type Held = Pick<SigningAuthority, 'customerId' | 'keyRef'>;

/**
 * Which customers' keys do not sign, and why, as an operator sees it (`stackrunner customer show`). Minting waits for
 * none of it, and a database that is away costs the record, not the answer.
 */
export class KeyProblems {
  /** When a customer's failure was noted last by this process. */
  readonly #noted = new Map<string, number>();
  /** Customers that signed since the last look, and when. */
  #signed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: KeyProblemsParts) {}

  /** The key did not sign. */
  failed({ customerId, keyRef }: Held, error: unknown): void {
    const now = this.parts.clock.now();
    if (now - (this.#noted.get(customerId) ?? Number.NEGATIVE_INFINITY) < notePauseMs) return;
    remember(this.#noted, customerId, now);
    // What was wrong before it signed is another problem, with a beginning of its own.
    if (this.#signed.has(customerId)) this.#clear();
    const { code, message, details } = DomainError.from(error);
    const reason = typeof details.reason === 'string' ? details.reason : code;
    this.parts.logger.warn({ customerId, keyRef, reason, message }, 'the key of this customer does not sign');
    this.#write(() => this.parts.repository.note(customerId, { keyRef, reason, message, lastAt: now }));
  }

  /** The key signed: nothing is wrong with it any more. */
  signed({ customerId }: Held): void {
    this.#signed.set(customerId, this.parts.clock.now());
    this.#noted.delete(customerId);
    this.#timer ??= setTimeout(() => this.#clear(), clearPauseMs).unref();
  }

  /** Records what is known now. */
  async settle(): Promise<void> {
    if (this.#timer) this.#clear();
    await this.#writing;
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const signatures = this.#signed;
    this.#signed = new Map();
    this.#write(() => this.parts.repository.clear(signatures));
  }

  /** One after the other: a problem and its end keep their order. */
  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      this.parts.logger.warn({ err: error }, 'what is wrong with a key could not be recorded');
    });
  }
}

function remember(times: Map<string, number>, customerId: string, now: number): void {
  times.delete(customerId);
  times.set(customerId, now);
  const [oldest] = times.keys();
  if (oldest !== undefined && times.size > rememberedCustomers) times.delete(oldest);
}
