import type { CachedResponse } from '../ocsp/response.cache.js';

/** Longer ones are read every time: a request for one certificate is far shorter. */
const longestUrl = 512;

/**
 * URLs by which clients have asked, as they came, so that a known one is not decoded again. Bounded: the oldest makes
 * room. What an entry says, and whether it may be said, is the entry's own matter.
 */
export class SeenUrls {
  readonly #entries = new Map<string, CachedResponse>();

  /** @param most URLs; about 0.3 kB each */
  constructor(private readonly most: number) {}

  get(url: string): CachedResponse | undefined {
    return this.#entries.get(url);
  }

  add(url: string, entry: CachedResponse): void {
    if (url.length > longestUrl) return;
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    if (this.#entries.size <= this.most) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
