import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';

export interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly bearer?: string;
  /** Sent with a Content-Length; chunks are sent without one. */
  readonly body?: string | Buffer | object;
  readonly chunks?: readonly (string | Buffer)[];
  /** A client certificate, for an origin of https, whose own certificate is not judged. */
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON; fails the test when it is none. */
  readonly json: <T = Envelope>() => T;
}

export interface Envelope {
  readonly error: { readonly code: string; readonly message: string; readonly request_id: string } & Record<
    string,
    unknown
  >;
}

/** One request exactly as told, on a connection of its own. */
export function ask(origin: string, path: string, options: Ask = {}): Promise<Answered> {
  const { hostname, port, protocol } = new URL(origin);
  const { body, chunks, client } = options;
  const payload =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const headers: OutgoingHttpHeaders = { ...options.headers };
  if (options.bearer !== undefined) headers.authorization = `Bearer ${options.bearer}`;
  if (payload !== undefined) headers['content-length'] ??= Buffer.byteLength(payload);
  if (payload !== undefined && payload !== body) headers['content-type'] ??= 'application/json';
  const method = options.method ?? (payload === undefined && chunks === undefined ? 'GET' : 'POST');
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    const tls = protocol === 'https:' ? { rejectUnauthorized: false, ...client } : {};
    const request = send({ hostname, port, path, method, headers, agent: false, ...tls }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const whole = Buffer.concat(parts);
        const json = <T>() => JSON.parse(whole.toString()) as T;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, json });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    for (const chunk of chunks ?? []) request.write(chunk);
    request.end(payload);
  });
}

/** Sends octets that need not be HTTP, and gives what comes back until the connection ends. */
export function askRaw(origin: string, octets: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(octets));
    let text = '';
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
