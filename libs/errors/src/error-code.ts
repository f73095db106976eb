/** The `code` that Node and drivers put on what they throw, such as `ENOENT` or an SQLSTATE. */
export function errorCode(thrown: unknown): string | undefined {
  const hasCode = typeof thrown === 'object' && thrown !== null && 'code' in thrown;
  return hasCode && typeof thrown.code === 'string' ? thrown.code : undefined;
}
