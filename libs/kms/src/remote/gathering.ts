export interface GatheringOptions<I, O> {
  /** Most items of one call. */
  readonly mostAtOnce: number;
  /**
   * Asks for all items of a key in one call, which ends with its signal. What fails for one item alone is an error in
   * its place.
   */
  readonly ask: (key: string, items: readonly I[], signal: AbortSignal) => Promise<readonly (O | Error)[]>;
}

interface Member<I, O> {
  readonly item: I;
  readonly signal: AbortSignal;
  readonly resolve: (result: O) => void;
  readonly reject: (error: unknown) => void;
}

/** Puts what is asked of one key within one turn of the event loop into one call. Nobody waits on a timer. */
export class Gathering<I, O> {
  readonly #members = new Map<string, Member<I, O>[]>();

  constructor(private readonly options: GatheringOptions<I, O>) {}

  /** Ends when its signal does; the call goes on for the others, and ends with the last of them. */
  run(key: string, item: I, signal: AbortSignal): Promise<O> {
    return new Promise((resolve, reject) => {
      const member = { item, signal, resolve, reject };
      const members = this.#members.get(key);
      if (members) members.push(member);
      else this.#members.set(key, [member]);
      if (this.#members.size === 1 && !members) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const { mostAtOnce } = this.options;
    const gathered = [...this.#members];
    this.#members.clear();
    for (const [key, members] of gathered) {
      const waiting = members.filter((member) => !rejectAborted(member));
      for (let at = 0; at < waiting.length; at += mostAtOnce) {
        void this.#call(key, waiting.slice(at, at + mostAtOnce));
      }
    }
  }

  async #call(key: string, members: readonly Member<I, O>[]): Promise<void> {
    const controller = new AbortController();
    let left = members.length;
    const stops = members.map(({ signal, reject }) => {
      const stop = () => {
        reject(signal.reason);
        left -= 1;
        if (left === 0) controller.abort(signal.reason);
      };
      signal.addEventListener('abort', stop);
      return stop;
    });
    try {
      const items = members.map(({ item }) => item);
      const results = await this.options.ask(key, items, controller.signal);
      members.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('The answer to a list is too short.'));
        else if (result instanceof Error) reject(result);
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of members) reject(error);
    } finally {
      members.forEach(({ signal }, index) => {
        const stop = stops[index];
        if (stop) signal.removeEventListener('abort', stop);
      });
    }
  }
}

function rejectAborted({ signal, reject }: Member<unknown, never>): boolean {
  if (signal.aborted) reject(signal.reason);
  return signal.aborted;
}
