/** An issuer answers within this time, in milliseconds, or counts as away. */
const timeoutMs = 10_000;
/** Discovery documents and token answers have a few kilobytes. */
const largestAnswer = 1_048_576;

export interface JsonAnswer {
  readonly status: number;
  /** Undefined when the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/**
 * One request to an issuer. Redirects are refused: they would carry a code or a secret elsewhere.
 *
 * @throws TypeError, DOMException when there is no answer in time
 */
export async function fetchJson(url: string, init: RequestInit = {}): Promise<JsonAnswer> {
  const response = await fetch(url, {
    ...init,
    redirect: 'error',
    headers: { accept: 'application/json', ...init.headers },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > largestAnswer) throw new TypeError(`${url} answers more than ${largestAnswer} bytes`);
    parts.push(part);
  }
  return { status: response.status, body: objectIn(Buffer.concat(parts).toString()) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
