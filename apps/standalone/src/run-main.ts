import { StartError } from '#libs/config';

/** Something that serves until it is told to stop. */
export interface Serving {
  /** Ends by itself, as after `--once`. */
  readonly done: boolean;
  stop(): Promise<void>;
}

/**
 * Runs a process's main job: one clear line and exit code 1 when it cannot start; on Ctrl-C or SIGTERM it
 * stops cleanly, also in the middle of its start.
 */
export async function runMain(start: (signal: AbortSignal) => Promise<Serving>): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // The terminal and npm may both deliver the signal: the second one changes nothing.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const serving = await start(interruption.signal);
    if (!serving.done) await aborted(interruption.signal);
    if (!serving.done) console.log('\nstopping: what was accepted is finished first');
    await serving.stop();
    process.exit(0);
  } catch (error) {
    if (interruption.signal.aborted) process.exit(0);
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
