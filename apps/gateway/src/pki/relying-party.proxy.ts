import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import { isHandle } from '../customer/handle.js';

interface HandleRoute {
  Params: { handle: string };
}
interface FileRoute {
  Params: { handle: string; file: string };
}

/** Headers of a relying party's request that matter to what is served. */
const forwarded = ['accept', 'content-type', 'content-length', 'if-none-match', 'if-modified-since'] as const;
/** Headers of the answer that are this connection's own. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);
/** Milliseconds for a whole exchange; what is in memory there takes one. */
const timeoutMs = 10_000;
const mostSockets = 64;

/**
 * Hands CRL and OCSP requests on to where the revocation service serves them, so that the URLs in certificates also
 * work below the gateway. It keeps nothing and changes nothing: the octets are signed, and their caching is theirs.
 */
export class RelyingPartyProxy {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: mostSockets });

  /** @param statusUrl base URL of the revocation service's listener, without a trailing slash */
  constructor(private readonly statusUrl: string) {}

  /** Registers the routes in a scope of their own: bodies pass through unread. */
  async register(scope: FastifyInstance): Promise<void> {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.get<FileRoute>('/pki/:handle/:file', (request, reply) => {
      const { file } = request.params;
      if (file !== 'ocsp' && !file.endsWith('.crl')) throw nothingThere();
      return this.pass(request, reply);
    });
    scope.get<HandleRoute>('/pki/:handle/ocsp/*', (request, reply) => this.pass(request, reply));
    scope.post<HandleRoute>('/pki/:handle/ocsp', (request, reply) => this.pass(request, reply));
  }

  close(): void {
    this.#agent.destroy();
  }

  private async pass(request: FastifyRequest<HandleRoute>, reply: FastifyReply): Promise<FastifyReply> {
    if (!isHandle(request.params.handle)) throw nothingThere();
    const answer = await this.ask(request.raw).catch((cause: unknown) => {
      throw new DomainError('service_unavailable', 'CRL and OCSP cannot be reached from here now.', {
        cause,
      });
    });
    // Nothing is there, or not for this method: the gateway says so in its own words.
    if (answer.statusCode === 404) {
      answer.resume();
      throw nothingThere();
    }
    const headers = Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name));
    return reply
      .code(answer.statusCode ?? 502)
      .headers(Object.fromEntries(headers))
      .send(answer);
  }

  private ask(incoming: IncomingMessage): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = Object.fromEntries(
        forwarded.flatMap((name) => {
          const value = incoming.headers[name];
          return value === undefined ? [] : [[name, value]];
        }),
      );
      const { method = 'GET', url = '/' } = incoming;
      const options = { method, headers, agent: this.#agent, timeout: timeoutMs };
      const outgoing = httpRequest(`${this.statusUrl}${url}`, options, resolve);
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
      outgoing.once('error', reject);
      incoming.pipe(outgoing);
    });
  }
}

const nothingThere = (): DomainError => new DomainError('bad_path', 'There is nothing at this path.');
