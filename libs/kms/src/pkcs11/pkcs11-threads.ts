import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pkcs11 from 'pkcs11js';
import type { Pkcs11Settings } from '../kms-settings.js';
import { signerFailure, signerFailureReason } from '../signer-failure.js';
import type { Pkcs11Call, Pkcs11Outcome } from './pkcs11.worker.js';
import { Pkcs11Thread } from './pkcs11-thread.js';

/** Enough for a module that computes, which waits for a core; one that asks a server waits longer, and may need more. */
const usualSigningThreads = Math.max(4, availableParallelism());
/** Most calls that a thread is given at once, and milliseconds that they may take together. */
const mostCalls = 16;
const listMs = 4;
/** Milliseconds that a call waits before one more thread starts. */
const patienceMs = 20;
/** How often a thread is started, and milliseconds between two tries. */
const startTries = 3;
const startPauseMs = 100;
/** What the newest list weighs in what a call takes. */
const weight = 0.2;

/** A call, at a time (epoch milliseconds); it ends when its signal does, whatever the module does. */
export interface Pkcs11Task {
  readonly now: number;
  readonly call: Pkcs11Call;
  readonly signal: AbortSignal;
}

interface Waiting extends Pkcs11Task {
  /** performance.now */
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads that share calls. While calls are short, one takes what comes in lists: a module that computes gains nothing from
 * more, which would only get in each other's way. One that asks a server gets a thread a call.
 */
class Lane {
  readonly #threads = new Set<Pkcs11Thread>();
  readonly #idle: Pkcs11Thread[] = [];
  readonly #waiting: Waiting[] = [];
  #starting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  /** Milliseconds that a call takes. */
  #callMs = 0;
  #closed = false;

  constructor(
    private readonly settings: Pkcs11Settings,
    private readonly options: { readonly threads: number; readonly together: number },
  ) {}

  /** Starts a thread, to see that it can. A module that is out of order for a moment is tried again. */
  async open(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const thread = await Pkcs11Thread.start(this.settings);
        this.#threads.add(thread);
        this.#idle.push(thread);
        return;
      } catch (error) {
        if (signerFailureReason(error) !== 'unreachable' || tries === startTries) throw error;
        await sleep(startPauseMs);
      }
    }
  }

  async run(task: Pkcs11Task): Promise<unknown> {
    task.signal.throwIfAborted();
    if (this.#closed) throw closed();
    return new Promise((resolve, reject) => {
      const { signal } = task;
      const stop = () => {
        const place = this.#waiting.indexOf(waiting);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      const ended = () => signal.removeEventListener('abort', stop);
      const waiting: Waiting = {
        ...task,
        since: performance.now(),
        resolve: (value) => {
          ended();
          resolve(value);
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      };
      signal.addEventListener('abort', stop);
      this.#waiting.push(waiting);
      if (this.#isDue) return;
      this.#isDue = true;
      // What comes within the same turn of the event loop goes along.
      setImmediate(() => {
        this.#isDue = false;
        this.#dispatch();
      });
    });
  }

  async close(last: boolean): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#starting;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all([...this.#threads].map((thread) => thread.close(last)));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && !this.#closed) {
      const thread = this.#idle.pop();
      if (!thread) {
        this.#waitFor(this.#waiting[0]?.since ?? 0);
        return;
      }
      const together = Math.floor(listMs / this.#callMs);
      void this.#work(
        thread,
        this.#waiting.splice(0, Math.max(1, Math.min(together, this.options.together))),
      );
    }
  }

  async #work(thread: Pkcs11Thread, taken: readonly Waiting[]): Promise<void> {
    try {
      const now = taken[0]?.now ?? 0;
      const calls = taken.map(({ call }) => call);
      const started = performance.now();
      const outcomes = await thread.run(now, calls);
      this.#callMs += weight * ((performance.now() - started) / calls.length - this.#callMs);
      for (const [index, each] of taken.entries()) settle(each, outcomes[index]);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
    if (thread.ended) this.#threads.delete(thread);
    else this.#idle.push(thread);
    this.#dispatch();
  }

  /** For a thread that is free, and not for long. */
  #waitFor(since: number): void {
    if (this.#threads.size >= this.options.threads || this.#starting) return;
    const left = since + patienceMs - performance.now();
    if (this.#threads.size > 0 && left > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#dispatch();
      }, left);
      return;
    }
    this.#starting = this.open()
      .catch((error: unknown) => {
        // The others go on; without any, nobody would ever answer.
        if (this.#threads.size === 0) for (const { reject } of this.#waiting.splice(0)) reject(error);
      })
      .finally(() => {
        this.#starting = undefined;
        this.#dispatch();
      });
  }
}

/** Of each module, those that use it in this process. */
const users = new Map<string, Set<Pkcs11Threads>>();
/** What was loaded once stays: many modules do not survive that a process unloads them, as the end of a thread would. */
const loaded = new Map<string, pkcs11.PKCS11>();

function keepLoaded(module: string): void {
  if (loaded.has(module)) return;
  const library = new pkcs11.PKCS11();
  try {
    library.load(module);
    loaded.set(module, library);
  } catch {
    // A thread that cannot load it tells.
  }
}

/**
 * A token's calls on threads of their own: the functions of a module return when the token has answered, and nothing
 * else may wait for that. Signatures wait for signatures only, and not for the seconds that making a key can take.
 */
export class Pkcs11Threads {
  readonly #signing: Lane;
  readonly #others: Lane;

  private constructor(
    private readonly settings: Pkcs11Settings,
    threads: number,
  ) {
    this.#signing = new Lane(settings, { threads, together: mostCalls });
    this.#others = new Lane(settings, { threads: 1, together: 1 });
  }

  /**
   * @param signing most signatures at once; default: as many as there are processors, and at least four
   * @throws signer_unavailable `not_configured`, `unreachable` without such a token, `permission_denied`
   */
  static async open(settings: Pkcs11Settings, signing = usualSigningThreads): Promise<Pkcs11Threads> {
    const threads = new Pkcs11Threads(settings, signing);
    const { module = '' } = settings;
    keepLoaded(module);
    users.set(module, (users.get(module) ?? new Set()).add(threads));
    try {
      await threads.#others.open();
      return threads;
    } catch (error) {
      users.get(module)?.delete(threads);
      throw error;
    }
  }

  run(task: Pkcs11Task): Promise<unknown> {
    return (task.call.method === 'sign' ? this.#signing : this.#others).run(task);
  }

  async close(): Promise<void> {
    await this.#signing.close(false);
    const others = users.get(this.settings.module ?? '');
    others?.delete(this);
    await this.#others.close(others?.size === 0);
  }
}

function settle({ resolve, reject }: Waiting, outcome: Pkcs11Outcome | undefined): void {
  if (outcome === undefined) reject(signerFailure('unreachable', 'The PKCS#11 module gave no answer.'));
  else if ('value' in outcome) resolve(outcome.value);
  else reject(signerFailure(outcome.failure.reason, outcome.failure.message));
}

function closed(): Error {
  return signerFailure('unreachable', 'The PKCS#11 module was closed.');
}
