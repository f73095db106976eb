import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '#libs/config';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { ServedCrl } from '../crl/crl.cache.js';
import type { CrlService } from '../crl/crl.service.js';
import type { OcspMetrics } from '../ocsp/ocsp.metrics.js';
import { type OcspService, requestKey } from '../ocsp/ocsp.service.js';
import type { OcspAnswer } from '../ocsp/ocsp-answer.js';
import type { CachedResponse } from '../ocsp/response.cache.js';
import { crlHeaders, isConditional, isNotModified, ocspHeaders, wholeAnswer } from './caching.js';
import { requestOfPath } from './ocsp-path.js';
import { SeenUrls } from './seen-urls.js';
import { sendAtOnce } from './send-at-once.js';
import { WholeRequest } from './whole-request.js';

export interface PublicListenerParts {
  readonly crls: Pick<CrlService, 'current' | 'get'>;
  readonly ocsp: Pick<OcspService, 'known' | 'ready' | 'answer'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OcspMetrics;
  /** Most URLs to remember. */
  readonly mostUrls: number;
}

/** `/pki/<handle>/<what>`; behind a proxy that is PKI_URL itself also without `/pki`. */
const path = /^\/(?:pki\/)?([a-z0-9-]{1,40})\/(ocsp|[a-z0-9.-]+\.crl)(?:\/([^?#]*))?(?:\?.*)?$/s;
const anyOrigin = { 'access-control-allow-origin': '*' } as const;
/** Milliseconds: a whole request is a few hundred octets. */
const requestTimeoutMs = 10_000;
/** Longer than load balancers keep idle connections, so that they close first. */
const keepAliveMs = 75_000;

/**
 * What relying parties ask, on its own listener: no authentication, no framework, and nothing behind it that has to be
 * up for what memory has.
 */
export class PublicListener {
  readonly #server: Server;
  readonly #parts: PublicListenerParts;
  readonly #fromMemory: { inc(): void };
  readonly #seen: SeenUrls;

  constructor(parts: PublicListenerParts) {
    this.#parts = parts;
    this.#fromMemory = parts.metrics.answered.labels({ from: 'memory' });
    this.#seen = new SeenUrls(parts.mostUrls);
    this.#server = createServer(
      {
        ...{ requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveMs, requireHostHeader: false },
        IncomingMessage: WholeRequest,
      },
      (request, response) => this.#serve(request, response),
    );
  }

  /** @returns the port @throws StartError when it cannot be listened on */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const reason = cause.code ?? cause.message;
        reject(
          new StartError(
            `CRL and OCSP cannot be served on ${host}:${port} (${reason}); set STACKRUNNER_STATUS_PORT.`,
            { cause },
          ),
        );
      });
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Answers what is under way, and closes. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  #serve(request: WholeRequest, response: ServerResponse): void {
    const { url = '', method } = request;
    if (method === 'GET' && this.#sendReady(request, response, this.#seen.get(url))) return;
    const parts = path.exec(url);
    const [, handle = '', what = '', rest] = parts ?? [];
    if (what === 'ocsp') this.#serveOcsp(request, response, { handle, rest });
    else if (!parts || rest !== undefined) end(response, 404);
    else if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(response, 'GET, HEAD');
    else this.#serveCrl(request, response, { handle, file: what });
  }

  #serveCrl(
    request: WholeRequest,
    response: ServerResponse,
    { handle, file }: { handle: string; file: string },
  ): void {
    const current = this.#parts.crls.current(handle, file);
    if (current) {
      this.#sendCrl(request, response, current);
      return;
    }
    this.#parts.crls.get(handle, file).then(
      (crl) => (crl ? this.#sendCrl(request, response, crl) : end(response, 404)),
      (error: unknown) => {
        this.#parts.logger.warn({ err: error, handle, file }, 'a CRL could not be served');
        response.setHeader('retry-after', '5');
        end(response, 503);
      },
    );
  }

  #sendCrl(request: WholeRequest, response: ServerResponse, crl: ServedCrl): void {
    const headers = { ...anyOrigin, ...crlHeaders(crl, this.#parts.clock.now()) };
    if (isNotModified(request.headers, crl.etag, crl.thisUpdate)) {
      response.writeHead(304, headers).end();
      return;
    }
    const content = { 'content-type': 'application/pkix-crl', 'content-length': crl.der.length };
    response.writeHead(200, { ...content, ...headers }).end(request.method === 'HEAD' ? undefined : crl.der);
  }

  #serveOcsp(
    request: WholeRequest,
    response: ServerResponse,
    { handle, rest }: { handle: string; rest: string | undefined },
  ): void {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        // A request that is no base64 is malformed, as one that is no DER.
        this.#answerOcsp(request, response, { handle, der: requestOfPath(rest ?? '') ?? nothing });
        break;
      case 'POST':
        request.whole((der) => this.#answerOcsp(request, response, { handle, der }));
        break;
      case 'OPTIONS':
        response.writeHead(204, { ...anyOrigin, allow: 'GET, HEAD, POST, OPTIONS', ...preflight }).end();
        break;
      default:
        refuseMethod(response, 'GET, HEAD, POST');
    }
  }

  #answerOcsp(
    request: WholeRequest,
    response: ServerResponse,
    { handle, der }: { handle: string; der: Buffer },
  ): void {
    const entry = this.#parts.ocsp.known(requestKey(handle, der));
    if (entry && request.method === 'GET') this.#seen.add(request.url ?? '', entry);
    if (this.#sendReady(request, response, entry)) return;
    // Never rejects: every failure has its OCSP status.
    void this.#parts.ocsp.answer(handle, der).then((answer) => {
      this.#parts.metrics.answered.inc({ from: 'signature' });
      this.#sendOcsp(request, response, answer);
    });
  }

  /** @returns false where memory has no answer that holds */
  #sendReady(request: WholeRequest, response: ServerResponse, entry: CachedResponse | undefined): boolean {
    const ready = this.#parts.ocsp.ready(entry);
    if (!ready) return false;
    this.#fromMemory.inc();
    this.#sendOcsp(request, response, ready);
    return true;
  }

  #sendOcsp(request: WholeRequest, response: ServerResponse, answer: OcspAnswer): void {
    const now = this.#parts.clock.now();
    const { caching } = answer;
    const isAsked = caching !== undefined && isConditional(request.rawHeaders);
    if (isAsked && isNotModified(request.headers, caching.etag, caching.thisUpdate)) {
      response.writeHead(304, ocspHeaders(answer, now)).end();
      return;
    }
    if (request.method !== 'HEAD' && sendAtOnce(response, () => wholeAnswer(answer, now, keepAliveMs)))
      return;
    response.writeHead(200, { ...ocspHeaders(answer, now), 'content-length': answer.der.length });
    response.end(request.method === 'HEAD' ? undefined : answer.der);
  }
}

const nothing = Buffer.alloc(0);
const preflight = {
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': 'Content-Type, If-None-Match',
  'access-control-max-age': '86400',
} as const;

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...anyOrigin, 'content-length': 0 }).end();
}

function refuseMethod(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  end(response, 405);
}
