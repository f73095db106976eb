import { createServer as createHttp, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface DoubleRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, everything else as JSON. */
  readonly body?: unknown;
}

/** `drop` cuts the connection, `hang` never answers. */
export type DoubleOutcome = DoubleAnswer | 'drop' | 'hang';

export interface HttpDouble {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpDoubleOptions {
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  /** PEM; with it, the double speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly answer: (request: DoubleRequest) => Promise<DoubleOutcome>;
}

/** A server on the loopback that answers as it is told. */
export async function startHttpDouble({ port = 0, tls, answer }: HttpDoubleOptions): Promise<HttpDouble> {
  const listener: RequestListener = (request, response) => {
    void read(request).then(async (asked) => {
      const outcome = await answer(asked);
      if (outcome === 'hang') return;
      if (outcome === 'drop') {
        request.socket.destroy();
        return;
      }
      const { status, headers = {}, body = '' } = outcome;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(text);
    });
  };
  const server = tls ? createHttps(tls, listener) : createHttp(listener);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<DoubleRequest> {
  const body = await bodyOf(request);
  const { method = 'GET', headers, url = '/' } = request;
  const [path = '/', query = ''] = url.split('?');
  return { method, path, query: new URLSearchParams(query), headers, body };
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.once('end', () => resolve(body));
    request.once('error', reject);
  });
}
