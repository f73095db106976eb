import type { Clock } from '#libs/service';
import type { OcspMetrics } from './ocsp.metrics.js';
import type { OcspService } from './ocsp.service.js';
import type { CachedResponse, ResponseCache } from './response.cache.js';

export interface OcspRefresherParts {
  readonly service: Pick<OcspService, 'renew'>;
  readonly cache: ResponseCache;
  readonly clock: Clock;
  readonly metrics: OcspMetrics;
  /** When the first responder in use ends, in Unix milliseconds; undefined where none signs yet. */
  readonly firstEnd: () => number | undefined;
}

const intervalMs = 15_000;
/** Signatures of one round that run at the same time. */
const concurrency = 8;

/**
 * Signs in the background what is asked for before it ends, at the half of its time, and forgets what is not asked
 * for any more.
 */
export class OcspRefresher {
  readonly #parts: OcspRefresherParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: OcspRefresherParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.round().finally(() => this.start());
    }, intervalMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async round(): Promise<void> {
    const { cache, clock, service, metrics, firstEnd } = this.#parts;
    const now = clock.now();
    const due: CachedResponse[] = [];
    for (const entry of cache.entries()) {
      const caching = entry.answer?.caching;
      if (!caching) continue;
      const isPastHalf = now > (caching.thisUpdate + caching.nextUpdate) / 2;
      if (isPastHalf && entry.wanted) due.push(entry);
      else if (now >= caching.nextUpdate) cache.remove(entry);
    }
    let at = 0;
    const worker = async () => {
      for (let entry = due[at++]; entry && !this.#stopped; entry = due[at++])
        await service.renew(entry, 'refresh');
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const isOverdue = (entry: CachedResponse) => (entry.answer?.caching?.thisUpdate ?? now) < now - 1000;
    metrics.overdue.set(due.filter(isOverdue).length);
    metrics.kept.set(cache.size);
    const end = firstEnd();
    if (end !== undefined) metrics.responderEnd.set((end - now) / 1000);
  }
}
