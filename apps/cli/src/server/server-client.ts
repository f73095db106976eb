import type { CliContext, CliSettings } from '../cli-context.js';
import { CliFailure, exitCodes, isError, type ServerError, usageError } from '../cli-failure.js';
import { hintFor } from './server-hints.js';

/** How long one request may take, in milliseconds. A mint of 100 certificates takes well under a second. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the base URL, with a leading slash; every part that a user typed already encoded. */
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take, in milliseconds; default half a minute. */
  readonly timeoutMs?: number;
}

export interface ServerAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as the server sent it. */
  readonly text: string;
}

/** The REST interface over HTTP: one request, one answer, and a failure that says what to do. */
export class ServerClient {
  private readonly settings: CliSettings;

  constructor(private readonly context: CliContext) {
    this.settings = context.settings();
  }

  /**
   * Sends a request and returns an answer of status 2xx.
   *
   * @throws CliFailure exit code 3 without an answer, 1 with the server's error, 130 after Ctrl-C
   */
  async send(request: ServerRequest): Promise<ServerAnswer> {
    const answer = await this.exchange(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(this.settings.url, answer);
  }

  /** As {@link send}, with the answer's body as JSON. */
  async json(request: ServerRequest): Promise<unknown> {
    const answer = await this.send(request);
    const value = parseJson(answer.text);
    if (value === undefined) throw notStackrunner(this.settings.url, answer.status);
    return value;
  }

  private async exchange(request: ServerRequest): Promise<ServerAnswer> {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (request.token !== undefined) headers.authorization = `Bearer ${request.token}`;
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${this.settings.url}${request.path}`, {
        method: request.method,
        headers,
        // A redirect would carry a POST elsewhere as a GET, or the token to another host.
        redirect: 'manual',
        signal: AbortSignal.any([this.context.signal, deadline]),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      if (this.context.signal.aborted) throw new CliFailure(exitCodes.interrupted, 'interrupted');
      const reason = deadline.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
      throw unreachable(this.settings.url, reason);
    }
  }
}

function unreachable(url: string, reason: string): CliFailure {
  return new CliFailure(exitCodes.unreachable, `cannot reach ${url} (${reason})`, {
    hint: 'Is the server running? Start one with: npm start   (another address: STACKRUNNER_URL)',
  });
}

function refusal(url: string, answer: ServerAnswer): CliFailure {
  const error = envelopeOf(answer.text);
  if (error === undefined) return notStackrunner(url, answer.status);
  return new CliFailure(exitCodes.failed, error.message, {
    hint: hintFor(error, answer.headers),
    error,
    httpStatus: answer.status,
  });
}

function notStackrunner(url: string, status: number): CliFailure {
  return new CliFailure(
    exitCodes.failed,
    `${url} answered HTTP ${status}, but not as a Stackrunner server does`,
    { hint: 'Check STACKRUNNER_URL.', httpStatus: status },
  );
}

/** The error of the one envelope `{"error":{code,message,request_id}}`, or undefined for another body. */
function envelopeOf(text: string): ServerError | undefined {
  const body = parseJson(text);
  const error = isObject(body) ? body.error : undefined;
  if (!isObject(error)) return undefined;
  const { code, message, request_id: requestId } = error;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return { ...error, code, message, ...(typeof requestId === 'string' ? { request_id: requestId } : {}) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** fetch wraps the socket's own words in causes; the innermost says what happened. */
function reasonOf(thrown: unknown): string {
  if (!isError(thrown)) return String(thrown);
  if ('errors' in thrown && Array.isArray(thrown.errors) && thrown.errors.length > 0) {
    return reasonOf(thrown.errors[0]);
  }
  return thrown.cause === undefined ? thrown.message : reasonOf(thrown.cause);
}

/**
 * A handle as part of a path. The server decides which handles exist; here only what would change
 * the path itself is refused.
 */
export function handleInPath(handle: string): string {
  if (/^[A-Za-z0-9-]{1,63}$/.test(handle)) return handle;
  throw usageError(
    `${JSON.stringify(handle)} is not a handle`,
    'A handle has 1 to 40 of a-z, 0-9 and -, for example acme.',
  );
}
