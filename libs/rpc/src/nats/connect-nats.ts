import type { NatsRuntime } from './nats.runtime.js';
import type { NatsSettings } from './nats-settings.js';

/**
 * Calls and events over NATS. Resolves at once, also while NATS is down: it connects as soon as it
 * can, and again whenever the connection is lost.
 */
export async function connectNats(settings: NatsSettings): Promise<NatsRuntime> {
  // Loaded here and not at the top: a process that keeps everything within itself has no use for it.
  const { NatsRuntime: Runtime } = await import('./nats.runtime.js');
  return new Runtime(settings);
}
