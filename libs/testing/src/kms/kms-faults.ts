import { setTimeout as sleep } from 'node:timers/promises';

/** What a stand-in for a KMS can do wrong. */
export type KmsFault =
  | 'throttle'
  | 'deny'
  | 'unavailable'
  | 'drop'
  | 'hang'
  | 'wrong_signature'
  | 'wrong_public_key';

/** What a call is about, in the words of all backends. */
export type KmsCall = 'create' | 'sign' | 'public_key' | 'other';

export interface KmsQuotas {
  /** Milliseconds that every call takes at least. */
  readonly latencyMs?: number;
  readonly signaturesPerSecond?: number;
  readonly creationsPerSecond?: number;
}

interface Planned {
  readonly fault: KmsFault;
  readonly call: KmsCall | undefined;
  left: number;
}

/** Seconds of unused quota that can be caught up. */
const burstSeconds = 0.02;

/** Throttles, delays and breaks the calls of a stand-in, as it is told. */
export class KmsFaults {
  readonly calls: Record<KmsCall, number> = { create: 0, sign: 0, public_key: 0, other: 0 };
  readonly #planned: Planned[] = [];
  readonly #spent = new Map<KmsCall, number>();
  #quotas: KmsQuotas;

  constructor(quotas: KmsQuotas = {}) {
    this.#quotas = quotas;
  }

  set quotas(quotas: KmsQuotas) {
    this.#quotas = quotas;
    this.#spent.clear();
  }

  /** The next calls (of one kind) go wrong; for ever without `times`. */
  plan(fault: KmsFault, { times = Number.POSITIVE_INFINITY, call }: { times?: number; call?: KmsCall } = {}) {
    this.#planned.push({ fault, call, left: times });
  }

  /** From now on, all is well. */
  heal(): void {
    this.#planned.length = 0;
  }

  /**
   * Takes the time of a call, and says what goes wrong with it.
   *
   * @param count how much it asks for: a list of signatures spends as much as one call for each
   */
  async strike(call: KmsCall, count = 1): Promise<KmsFault | undefined> {
    this.calls[call] += count;
    const { latencyMs = 0 } = this.#quotas;
    const throttled = this.#overQuota(call, count);
    if (latencyMs > 0) await sleep(latencyMs);
    if (throttled) return 'throttle';
    const planned = this.#planned.find((each) => each.left > 0 && (!each.call || each.call === call));
    if (!planned) return undefined;
    planned.left--;
    return planned.fault;
  }

  /** A leaky bucket: each call spends its part of a second. */
  #overQuota(call: KmsCall, count: number): boolean {
    const { signaturesPerSecond, creationsPerSecond } = this.#quotas;
    const rate = {
      sign: signaturesPerSecond,
      create: creationsPerSecond,
      public_key: undefined,
      other: undefined,
    };
    const perSecond = rate[call];
    if (perSecond === undefined) return false;
    const now = performance.now() / 1_000;
    const slack = Math.max(burstSeconds, 1 / perSecond);
    const at = Math.max(this.#spent.get(call) ?? 0, now - slack);
    if (at > now) return true;
    this.#spent.set(call, at + count / perSecond);
    return false;
  }
}
