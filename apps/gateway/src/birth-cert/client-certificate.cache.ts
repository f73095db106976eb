import type { Clock } from '#libs/service';
import type { CertificatePrincipal } from '../auth/principal.js';

/** Events drop what changed; the time limit is for events that never came. Milliseconds. */
const knownForMs = 30_000;
const unknownForMs = 1_000;
const capacity = 10_000;

/** A certificate that stands for somebody. */
export interface KnownCertificate extends CertificatePrincipal {
  readonly serial: Uint8Array;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

interface Entry {
  readonly principal: KnownCertificate | undefined;
  readonly until: number;
}

/** Remembers by its fingerprint whom a client certificate stands for, or that it stands for nobody. */
export class ClientCertificateCache {
  private readonly entries = new Map<string, Entry>();
  /** Grows with every invalidation: an answer read before one is not remembered after it. */
  private generation = 0;

  constructor(private readonly clock: Clock) {}

  get(fingerprint: string): Pick<Entry, 'principal'> | undefined {
    const entry = this.entries.get(fingerprint);
    return entry !== undefined && entry.until > this.clock.now() ? entry : undefined;
  }

  /** What to pass to `put` with an answer that is asked for now. */
  get mark(): number {
    return this.generation;
  }

  put(fingerprint: string, principal: Entry['principal'], mark: number): void {
    if (mark !== this.generation || (principal !== undefined && principal.status !== 'active')) return;
    const until = this.clock.now() + (principal === undefined ? unknownForMs : knownForMs);
    this.entries.delete(fingerprint);
    this.entries.set(fingerprint, { principal, until });
    const [oldest] = this.entries.keys();
    if (this.entries.size > capacity && oldest !== undefined) this.entries.delete(oldest);
  }

  /** Forgets the customer's certificates, and every one that stood for nobody. */
  forget(customerId: string): void {
    this.generation += 1;
    for (const [fingerprint, { principal }] of this.entries) {
      if (principal === undefined || principal.customerId === customerId) this.entries.delete(fingerprint);
    }
  }
}
