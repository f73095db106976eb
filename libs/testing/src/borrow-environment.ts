/**
 * Sets variables of this process's environment, for what reads nothing else: clients of clouds, and the harnesses.
 *
 * @returns gives each back what it was before
 */
export function borrowEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
