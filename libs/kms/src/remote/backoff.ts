import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const firstMs = 20;
const lastMs = 2_000;

/** Milliseconds before try `attempt` (from 1): doubling, and anywhere between half and all of it, so that callers part. */
export function backoffMs(attempt: number): number {
  const full = Math.min(lastMs, firstMs * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * (randomInt(1_000) / 1_000);
}

/** Waits; throws the signal's reason when that comes first. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
