import { StartError } from '#libs/config';

/** Something that serves until it is told to stop. */
export interface Process {
  /** The main job has ended by itself: stop without waiting for a signal. */
  readonly done?: boolean;
  /** Finishes what was accepted and lets go of everything. */
  stop(): Promise<void>;
}

/** Longest that a stop may take; orchestrators usually kill after 30 s. */
const drainMs = 25_000;

/**
 * Runs a process's main job: it starts, serves until SIGTERM or SIGINT, stops, and exits with 0. What a person
 * can mend at the start is one line and exit code 1. A signal in the middle of the start aborts it.
 */
export async function runProcess(start: (signal: AbortSignal) => Promise<Process>): Promise<never> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // A terminal and npm may both deliver the signal: the second one changes nothing.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const running = await start(interruption.signal);
    if (!running.done) await aborted(interruption.signal);
    await inTime(running.stop());
    process.exit(0);
  } catch (error) {
    if (interruption.signal.aborted && error === interruption.signal.reason) process.exit(0);
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

async function inTime(stopping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new StartError(`What was accepted is not finished after ${drainMs / 1_000} s: giving up.`);
    timer = setTimeout(() => reject(error), drainMs);
  });
  try {
    await Promise.race([stopping, late]);
  } finally {
    clearTimeout(timer);
  }
}
