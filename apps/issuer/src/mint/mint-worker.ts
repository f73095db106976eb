import { Worker } from 'node:worker_threads';
import { DomainError } from '#libs/errors';
import type { KmsSettings } from '#libs/kms';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { MintWorkerData, MintWorkerMessage } from './mint.worker.js';
import type { MintJob, MintJobResult } from './mint-job.js';
import { decodeResults, encodeJobs, type MintTask, type MintTaskTimes, taskSize } from './mint-task.js';

/** Most authorities that a worker keeps a template for. */
const rememberedAuthorities = 1_000;

interface Pending {
  readonly size: number;
  readonly resolve: (answer: { results: MintJobResult[]; times: MintTaskTimes }) => void;
  readonly reject: (error: unknown) => void;
}

/** One worker thread as the pool sees it. */
export class MintWorker {
  private readonly thread: Worker;
  private readonly pending = new Map<number, Pending>();
  private readonly authorities = new Map<SigningAuthority, number>();
  private lastTask = 0;
  private lastAuthority = 0;
  /** Certificates that it is busy with. */
  load = 0;

  private constructor(url: URL, kms: KmsSettings) {
    const workerData: MintWorkerData = { kms };
    this.thread = new Worker(url, { workerData, execArgv: [] });
  }

  /**
   * Resolves when the worker can take tasks.
   *
   * @param onExit told when it ended by itself; its tasks have failed then
   */
  static start(url: URL, kms: KmsSettings, onExit: (worker: MintWorker) => void): Promise<MintWorker> {
    const worker = new MintWorker(url, kms);
    return new Promise((resolve, reject) => {
      let failure: unknown = new Error('The worker ended.');
      worker.thread.on('error', (error) => {
        failure = error;
      });
      worker.thread.on('exit', () => {
        reject(failure);
        const cause = { cause: failure };
        const lost = new DomainError('service_unavailable', 'The thread that minted this has ended.', cause);
        for (const task of worker.pending.values()) task.reject(lost);
        worker.pending.clear();
        onExit(worker);
      });
      worker.thread.on('message', (message: MintWorkerMessage) => {
        if (message.kind === 'ready') resolve(worker);
        else worker.settle(message);
      });
    });
  }

  get tasks(): number {
    return this.pending.size;
  }

  run(jobs: readonly MintJob[]): Promise<{ results: MintJobResult[]; times: MintTaskTimes }> {
    const id = ++this.lastTask;
    const introduced: [number, SigningAuthority][] = [];
    const forget: number[] = [];
    const encoded = encodeJobs(jobs, (authority) => this.numberOf(authority, introduced, forget));
    const task: MintTask = { id, jobs: encoded, authorities: introduced, forget };
    const size = taskSize(jobs);
    this.load += size;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { size, resolve, reject });
      this.thread.postMessage(task, [encoded.buffer]);
    });
  }

  async stop(): Promise<void> {
    this.thread.removeAllListeners('exit');
    await this.thread.terminate();
  }

  private settle(message: Exclude<MintWorkerMessage, { kind: 'ready' }>): void {
    const id = message.kind === 'answer' ? message.answer.id : message.id;
    const task = this.pending.get(id);
    if (!task) return;
    this.pending.delete(id);
    this.load -= task.size;
    if (message.kind === 'broken') task.reject(message.error);
    else task.resolve({ results: decodeResults(message.answer.results), times: message.answer.times });
  }

  /** The least recently used authority makes room; one that comes back is introduced again. */
  private numberOf(
    authority: SigningAuthority,
    introduced: [number, SigningAuthority][],
    forget: number[],
  ): number {
    const known = this.authorities.get(authority);
    const number = known ?? ++this.lastAuthority;
    if (known === undefined) introduced.push([number, authority]);
    else this.authorities.delete(authority);
    this.authorities.set(authority, number);
    const [oldest] = this.authorities;
    if (oldest && this.authorities.size > rememberedAuthorities) {
      this.authorities.delete(oldest[0]);
      forget.push(oldest[1]);
    }
    return number;
  }
}
