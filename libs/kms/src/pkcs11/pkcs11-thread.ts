import { Worker } from 'node:worker_threads';
import type { Pkcs11Settings } from '../kms-settings.js';
import { signerFailure } from '../signer-failure.js';
import type { FromPkcs11Thread, Pkcs11Call, Pkcs11Outcome, ToPkcs11Thread } from './pkcs11.worker.js';

/** Node runs what was compiled, also where a test runs the source. */
const program = new URL(
  import.meta.url.endsWith('.ts')
    ? '../../../../dist/libs/kms/src/pkcs11/pkcs11.worker.js'
    : './pkcs11.worker.js',
  import.meta.url,
);

interface Pending {
  readonly resolve: (outcomes: FromPkcs11Thread) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread with a session of its own. */
export class Pkcs11Thread {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  #failure: unknown;

  private constructor(settings: Pkcs11Settings) {
    // What it holds is short-lived: a large nursery would only cost memory.
    const resourceLimits = { maxYoungGenerationSizeMb: 4 };
    this.#worker = new Worker(program, { workerData: settings, execArgv: [], resourceLimits });
    this.#worker.on('message', (outcomes: FromPkcs11Thread) => this.#settle(outcomes));
    this.#worker.on('error', (error) => {
      this.#failure = error;
    });
    this.#worker.on('exit', () => this.#end());
  }

  /** @throws signer_unavailable `not_configured`, `unreachable`, `permission_denied` */
  static async start(settings: Pkcs11Settings): Promise<Pkcs11Thread> {
    const thread = new Pkcs11Thread(settings);
    const [started] = await thread.#answer();
    if (!started || 'value' in started) return thread;
    await thread.#worker.terminate();
    throw signerFailure(started.failure.reason, started.failure.message);
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#failure !== undefined;
  }

  /** What became of each call, in their order. */
  run(now: number, calls: readonly Pkcs11Call[]): Promise<readonly Pkcs11Outcome[]> {
    return this.#send({ kind: 'calls', now, calls });
  }

  /** Closes its session after what is under way, and with `last` the module. */
  async close(last: boolean): Promise<void> {
    if (!this.ended) await this.#send({ kind: 'close', last }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #send(message: ToPkcs11Thread): Promise<FromPkcs11Thread> {
    this.#worker.postMessage(message);
    return this.#answer();
  }

  #answer(): Promise<FromPkcs11Thread> {
    // A process ends although its threads wait, and not while they work.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      if (this.ended) reject(this.#failure);
      else this.#pending.push({ resolve, reject });
    });
  }

  #settle(outcomes: FromPkcs11Thread): void {
    this.#pending.shift()?.resolve(outcomes);
    if (this.#pending.length === 0) this.#worker.unref();
  }

  #end(): void {
    this.#failure = signerFailure('unreachable', 'A thread of the PKCS#11 module has ended.', this.#failure);
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}
