/** Prints one line a step, with the time that it took. */
export class Steps {
  constructor(private readonly print: (line: string) => void = console.log) {}

  /** Runs a step; its line says what the step found, by what `describe` makes of the outcome. */
  async run<T>(title: string, work: () => Promise<T>, describe?: (outcome: T) => string): Promise<T> {
    const started = performance.now();
    const outcome = await work();
    this.line(title, describe?.(outcome) ?? '', performance.now() - started);
    return outcome;
  }

  /** A line about what took no time. */
  note(title: string, text: string): void {
    this.print(`  ${title.padEnd(22)} ${text}`);
  }

  private line(title: string, outcome: string, milliseconds: number): void {
    const time =
      milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
    this.print(`  ${title.padEnd(22)} ${outcome.padEnd(56)} ${time.padStart(8)}`);
  }
}
