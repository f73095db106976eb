import { DomainError } from '#libs/errors';
import type { KmsSettings } from '#libs/kms';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import { JobLanes } from './job-lanes.js';
import type { MintPipeline } from './mint.pipeline.js';
import { jobSize, type MintJob, type MintJobResult } from './mint-job.js';
import type { MintTaskTimes } from './mint-task.js';
import { MintWorker } from './mint-worker.js';

export interface MintPoolOptions {
  /** Threads; 0 does everything on the main thread. */
  readonly workers: number;
  readonly kms: KmsSettings;
  /** For the main thread. */
  readonly pipeline: MintPipeline;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most certificates that may wait for a thread. */
  readonly capacity: number;
  /** Up to so many certificates are minted on the main thread when no thread is busy: a hop costs more. */
  readonly inlineLimit: number;
  /** The compiled worker. */
  readonly workerUrl?: URL;
  readonly observe?: (times: MintTaskTimes & { readonly queue: number }) => void;
}

interface Queued {
  readonly job: MintJob;
  readonly at: number;
  readonly resolve: (result: MintJobResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Most certificates of one task: a thread is never busy for long with what came first. */
export const taskLimit = 32;
/** Without threads, while several customers wait: the answers of a task leave together, and its end is all they wait for. */
const sharedTaskLimit = 8;
/** Fewer certificates are not worth waking another thread, nor a task of their own behind a running one. */
const smallTask = 4;
/** A thread has its next task at hand while it works. */
const tasksPerWorker = 2;
/** Milliseconds before a thread that ended is started again. */
const restartDelayMs = 200;

/** Runs pipeline jobs on worker threads: customers take turns, and each one's come in their order. */
export class MintPool {
  private readonly queue = new JobLanes<Queued>((each) => each.job.authority.customerId);
  private readonly threads = new Set<MintWorker>();
  private queued = 0;
  private scheduled = false;
  private inline = false;
  private stopping = false;

  private constructor(private readonly options: MintPoolOptions) {}

  /** Resolves when all threads can work. */
  static async start(options: MintPoolOptions): Promise<MintPool> {
    const pool = new MintPool(options);
    try {
      await Promise.all(Array.from({ length: options.workers }, () => pool.addThread()));
      return pool;
    } catch (error) {
      await pool.stop();
      throw error;
    }
  }

  /** Certificates that wait for a thread. */
  get waiting(): number {
    return this.queued;
  }

  /** Threads that can work. */
  get size(): number {
    return this.threads.size;
  }

  /** Certificates that threads are busy with. */
  get busy(): number {
    let sum = 0;
    for (const thread of this.threads) sum += thread.load;
    return sum;
  }

  /** @throws overloaded when too much waits */
  run(job: MintJob): Promise<MintJobResult> {
    if (this.queued + jobSize(job) > this.options.capacity) {
      throw new DomainError('overloaded', 'Too many certificates wait to be signed.');
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ job, at: performance.now(), resolve, reject });
      this.queued += jobSize(job);
      this.schedule();
    });
  }

  /** Ends the threads. Whoever calls waits for its jobs before. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.threads].map((thread) => thread.stop()));
    this.threads.clear();
  }

  /** At the end of this turn of the event loop, so that what came with one message shares tasks. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    if (this.queued === 0) return;
    if (this.options.workers === 0 || this.isQuiet()) {
      if (!this.inline) void this.runInline(this.take(this.queue.lanes > 1 ? sharedTaskLimit : taskLimit));
      return;
    }
    for (;;) {
      const thread = this.leastBusy();
      if (!thread || this.queued === 0 || (thread.tasks > 0 && this.queued < smallTask)) return;
      const share = Math.max(smallTask, Math.ceil(this.queued / this.threads.size));
      void this.runOn(thread, this.take(Math.min(share, taskLimit)));
    }
  }

  private isQuiet(): boolean {
    return this.queued <= this.options.inlineLimit && this.busy === 0;
  }

  private leastBusy(): MintWorker | undefined {
    let best: MintWorker | undefined;
    for (const thread of this.threads) {
      if (thread.tasks < tasksPerWorker && (!best || thread.load < best.load)) best = thread;
    }
    return best;
  }

  /** The next jobs: at most `limit` certificates, or one job of any size. */
  private take(limit: number): Queued[] {
    const now = this.options.clock.now();
    const taken: Queued[] = [];
    let size = 0;
    for (let each = this.queue.next; each; each = this.queue.next) {
      const next = jobSize(each.job);
      if (taken.length > 0 && size + next > limit) break;
      this.queue.pass();
      this.queued -= next;
      if (each.job.deadline <= now) {
        each.reject(new DomainError('deadline_exceeded', 'The request waited longer than its caller does.'));
        continue;
      }
      taken.push(each);
      size += next;
    }
    return taken;
  }

  private async runInline(taken: readonly Queued[]): Promise<void> {
    this.inline = true;
    await this.settle(taken, () => this.options.pipeline.run(jobsOf(taken)));
    this.inline = false;
    if (this.queued > 0) this.schedule();
  }

  private async runOn(thread: MintWorker, taken: readonly Queued[]): Promise<void> {
    if (taken.length === 0) return;
    await this.settle(taken, () => thread.run(jobsOf(taken)));
    if (this.queued > 0) this.schedule();
  }

  private async settle(
    taken: readonly Queued[],
    work: () => Promise<{ results: MintJobResult[]; times: MintTaskTimes }>,
  ): Promise<void> {
    const first = taken[0];
    if (!first) return;
    const queue = (performance.now() - first.at) / 1000;
    try {
      const { results, times } = await work();
      this.options.observe?.({ ...times, queue });
      results.forEach((result, index) => {
        taken[index]?.resolve(result);
      });
    } catch (error) {
      for (const each of taken) each.reject(error);
    }
  }

  private async addThread(): Promise<void> {
    const url = this.options.workerUrl ?? new URL('./mint.worker.js', import.meta.url);
    const thread = await MintWorker.start(url, this.options.kms, (ended) => {
      if (!this.threads.delete(ended)) return;
      this.options.logger.error('a mint worker ended; another takes its place');
      this.replaceThread();
    });
    if (this.stopping) await thread.stop();
    else this.threads.add(thread);
    this.schedule();
  }

  private replaceThread(): void {
    setTimeout(() => {
      if (this.stopping) return;
      this.addThread().catch((error: unknown) => {
        this.options.logger.error({ err: error }, 'a mint worker did not start');
        this.replaceThread();
      });
    }, restartDelayMs).unref();
  }
}

function jobsOf(queued: readonly Queued[]): MintJob[] {
  return queued.map((each) => each.job);
}
