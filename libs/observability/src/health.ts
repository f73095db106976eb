/** One thing a service depends on. */
export interface HealthCheck {
  /** For example `database`; a key of the answer of `/ready`. */
  readonly name: string;
  /** Resolves when the dependency can be used; the message of what it throws is shown to operators. */
  check(): Promise<void>;
}

/** What a service says of its readiness. */
export interface HealthReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly message?: string }>>;
}

/** Longest that one dependency may take to answer. */
const checkTimeoutMs = 2_000;

/** Asks every dependency at once; none may take longer than two seconds. */
export async function checkHealth(checks: readonly HealthCheck[]): Promise<HealthReport> {
  const results = await Promise.all(checks.map(async (each) => [each.name, await ask(each)] as const));
  return { ready: results.every(([, result]) => result.ready), checks: Object.fromEntries(results) };
}

async function ask({ check }: HealthCheck): Promise<{ ready: boolean; message?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs);
  });
  try {
    await Promise.race([check(), timeout]);
    return { ready: true };
  } catch (error) {
    return { ready: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
