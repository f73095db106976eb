/** A user's day as one test; `step` names where it failed. */
export function story(title: string, tell: (step: Step) => Promise<void>, timeoutMs = 60_000): void {
  it(
    title,
    () =>
      tell(async (name, work) => {
        try {
          return await work();
        } catch (error) {
          if (error instanceof Error) error.message = `at the step "${name}": ${error.message}`;
          throw error;
        }
      }),
    timeoutMs,
  );
}

export type Step = <T>(name: string, work: () => T | Promise<T>) => Promise<T>;
