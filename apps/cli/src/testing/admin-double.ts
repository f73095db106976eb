import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Handler = (request: Received) => DoubleAnswer | 'hang up';

/** A real HTTP server that answers as the product's REST interface would, and remembers what it was asked. */
export class AdminDouble {
  readonly received: Received[] = [];
  private readonly handlers = new Map<string, Handler[]>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<AdminDouble> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const double = new AdminDouble(server, `http://127.0.0.1:${port}`);
    server.on('request', (request, response) => void double.serve(request, response));
    return double;
  }

  /** Answers `METHOD /path` with each handler in turn; the last one stays. */
  on(route: string, ...handlers: (Handler | DoubleAnswer)[]): this {
    this.handlers.set(
      route,
      handlers.map((handler) => (typeof handler === 'function' ? handler : () => handler)),
    );
    return this;
  }

  reset(): void {
    this.received.length = 0;
    this.handlers.clear();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const received: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.received.push(received);

    const queue = this.handlers.get(`${received.method} ${received.url}`) ?? [];
    const handler = queue.length > 1 ? queue.shift() : queue[0];
    const answer = handler?.(received) ?? refuse(404, 'bad_path', 'There is no such path.');
    if (answer === 'hang up') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }
}

/** The error envelope of the product. */
export function refuse(status: number, code: string, message: string): DoubleAnswer {
  return { status, body: { error: { code, message, request_id: 'req-1' } } };
}

export function customerJson(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    handle: 'acme',
    id: '3c5b9b6e-0d53-4f8b-9a5e-2f6f3f0a7b11',
    status: 'active',
    created_at: '2026-05-19T00:02:03Z',
    activated_at: '2026-05-19T00:02:05Z',
    root_algorithm: 'P-384',
    intermediate_algorithm: 'P-256',
    mint_url: 'http://127.0.0.1:8080/acme/mint',
    pki_url: 'http://127.0.0.1:8080/pki/acme',
    limits: { per_minute: 500, per_month: 5000 },
    used: { this_minute: 3, this_month: 120, month_resets_at: '2026-06-01T00:00:00Z' },
    ceremony_step: null,
    ...fields,
  };
}
