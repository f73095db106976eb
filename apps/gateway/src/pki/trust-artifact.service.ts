import type { ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { isHandle } from '../customer/handle.js';
import { type ArtifactName, artifactsOf, type TrustArtifact } from './trust-artifact.js';

type Artifacts = Readonly<Record<ArtifactName, TrustArtifact>>;

interface Entry {
  readonly customerId: string;
  readonly artifacts: Artifacts;
  /** Unix milliseconds. */
  readonly freshUntil: number;
}

/** An event drops what changed; this is for one that never came. */
const freshForMs = 60_000;
const mostCustomers = 5_000;
const missHoldsMs = 1_000;

/** Keeps the public files of customers' CAs at hand; the provisioner is the one who knows them. */
export class TrustArtifactService {
  private readonly entries = new Map<string, Entry>();
  private readonly asking = new Map<string, Promise<Artifacts>>();
  /** Until when (Unix milliseconds) the provisioner's refusal of a handle stands. */
  private readonly refusals = new Map<string, { readonly until: number; readonly error: DomainError }>();

  constructor(
    private readonly provisioner: Pick<Client<typeof ProvisionerService>, 'getAuthority'>,
    private readonly clock: Clock,
  ) {}

  /**
   * One file, of the newest generation or of a given one. While the provisioner is away, the last one known is given.
   *
   * @throws DomainError customer_not_found; bad_path for a generation that is not there; customer_not_active before the ceremony; service_unavailable
   */
  async get(handle: string, name: ArtifactName, generation = 0): Promise<TrustArtifact> {
    const key = keyOf(handle, generation);
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.freshUntil > this.clock.now()) return entry.artifacts[name];
    try {
      return (await this.ask(handle, generation))[name];
    } catch (error) {
      if (entry !== undefined && isOutage(error)) return entry.artifacts[name];
      throw error;
    }
  }

  /** Forgets what is known of a customer, because its CA changed. */
  forget(customerId: string): void {
    this.refusals.clear();
    for (const [key, entry] of this.entries) if (entry.customerId === customerId) this.entries.delete(key);
  }

  private ask(handle: string, generation: number): Promise<Artifacts> {
    if (!isHandle(handle)) throw notFound();
    const key = keyOf(handle, generation);
    const refusal = this.refusals.get(handle);
    if (refusal !== undefined && refusal.until > this.clock.now()) throw refusal.error;
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    const answer = this.fetch(handle, generation).finally(() => this.asking.delete(key));
    this.asking.set(key, answer);
    return answer;
  }

  private async fetch(handle: string, generation: number): Promise<Artifacts> {
    try {
      const { authority } = await this.provisioner.getAuthority({ handle, generation }, { timeoutMs: 2_000 });
      if (authority === undefined) throw notFound();
      const artifacts = artifactsOf(authority);
      if (this.entries.size >= mostCustomers) this.entries.clear();
      const freshUntil = this.clock.now() + freshForMs;
      this.entries.set(keyOf(handle, generation), {
        customerId: authority.customerId,
        artifacts,
        freshUntil,
      });
      return artifacts;
    } catch (error) {
      if (error instanceof DomainError && !isOutage(error)) this.refuse(handle, error);
      throw error;
    }
  }

  /** Keeps a flood of requests for names that are not there away from the provisioner. */
  private refuse(handle: string, error: DomainError): void {
    if (this.refusals.size >= mostCustomers) this.refusals.clear();
    // The wait for a ceremony is short, and its end must be seen at once.
    const holdMs = error.code === 'customer_not_found' ? missHoldsMs : 0;
    this.refusals.set(handle, { until: this.clock.now() + holdMs, error });
  }
}

/** A handle has no `#`. */
function keyOf(handle: string, generation: number): string {
  return `${handle}#${generation}`;
}

function isOutage(error: unknown): boolean {
  const codes: readonly string[] = [
    'service_unavailable',
    'deadline_exceeded',
    'storage_unavailable',
    'overloaded',
  ];
  return error instanceof DomainError && codes.includes(error.code);
}

function notFound(): DomainError {
  return new DomainError('customer_not_found', 'There is no customer with this handle.');
}
