import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes what it prints, a line at a time. */
  readonly onLine: (line: string) => void;
  /** Called at every start and restart. */
  readonly onStart: () => void;
}

const firstRestartMs = 100;
const lastRestartMs = 5_000;
/** A process that lived this long starts again without growing delays. */
const healthyMs = 10_000;
const killAfterMs = 25_000;

/** One process that is started again when it dies, as a cluster would do it. */
export class Supervised {
  #child: ChildProcess | undefined;
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(private readonly spec: ProcessSpec) {}

  get name(): string {
    return this.spec.name;
  }

  /** Undefined between a death and the restart. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#ended = this.#keepRunning();
  }

  /** SIGTERM, so that it drains; SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), killAfterMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async #keepRunning(): Promise<void> {
    let delay = firstRestartMs;
    while (!this.#stopping) {
      const started = Date.now();
      const reason = await this.#runOnce();
      if (this.#stopping) return;
      if (Date.now() - started > healthyMs) delay = firstRestartMs;
      this.spec.onLine(`ended (${reason}); starting it again`);
      await sleep(delay);
      delay = Math.min(delay * 2, lastRestartMs);
    }
  }

  #runOnce(): Promise<string> {
    const { command, args, env, onLine, onStart } = this.spec;
    // A group of its own: Ctrl-C reaches the supervisor, which stops the processes in their order.
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    onStart();
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
    }
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        this.#child = undefined;
        resolve(signal ?? `code ${code}`);
      });
    });
  }
}
