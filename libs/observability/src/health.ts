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

/** Asks every dependency at once; none may take longer than `timeoutMs`. */
export async function checkHealth(checks: readonly HealthCheck[], timeoutMs = 2_000): Promise<HealthReport> {
  const results = await Promise.all(
    checks.map(async (each) => [each.name, await ask(each, timeoutMs)] as const),
  );
  return { ready: results.every(([, result]) => result.ready), checks: Object.fromEntries(results) };
}

async function ask(check: HealthCheck, timeoutMs: number): Promise<{ ready: boolean; message?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<{ ready: boolean; message: string }>((resolve) => {
    timer = setTimeout(
      () => resolve({ ready: false, message: `no answer within ${timeoutMs} ms` }),
      timeoutMs,
    );
  });
  const answer = check.check().then(
    () => ({ ready: true }),
    (error: unknown) => ({ ready: false, message: error instanceof Error ? error.message : String(error) }),
  );
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
