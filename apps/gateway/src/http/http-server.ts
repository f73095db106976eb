import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { DomainError } from '#libs/errors';
import { type AuditRecorder, auditHook } from '../audit/audit.recorder.js';
import type { Principal } from '../auth/principal.js';
import type { Access, RequestAuthenticator } from '../auth/request.authenticator.js';
import type { IssueRoutes } from '../mint/issue.routes.js';
import type { MintRoutes } from '../mint/mint.routes.js';
import type { Operation } from '../openapi/operation.js';
import type { RelyingPartyProxy } from '../pki/relying-party.proxy.js';
import { parseJson } from '../problem/json-body.js';
import type { ProblemResponder } from '../problem/problem-responder.js';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.js';
import { answerConnectionError } from './connection-error.js';
import type { Draining } from './draining.js';
import { answerExpectations, checkFraming } from './framing.js';
import { hostRoutes } from './host-routes.js';
import { requestId } from './request-id.js';
import type { RouteTable } from './route-table.js';

export interface HttpServerParts {
  readonly mintRoutes: MintRoutes;
  readonly issueRoutes: IssueRoutes;
  readonly authenticator: RequestAuthenticator;
  /** Every route with who may use it. */
  readonly operations: readonly Operation[];
  readonly audits: AuditRecorder;
  readonly relyingParties: RelyingPartyProxy;
  readonly problems: ProblemResponder;
  readonly metrics: GatewayMetrics;
  readonly draining: Draining;
  readonly routes: RouteTable;
  readonly baseDomain: string;
  readonly bodyLimit: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is behind the request; null on public routes. */
    principal: Principal | null;
  }
}

/** A whole request must have arrived by then, in milliseconds: slow senders hold connections. */
const requestTimeoutMs = 30_000;
/** Longer than load balancers keep idle connections, so that they close first. */
const keepAliveMs = 75_000;
/** The longest path is bounded by Node's limit of 16 kB for all headers; what matches no handle is no error of length. */
const longestParameter = 16_384;

/**
 * The listener: fastify with the mint routes, the checks that come before any route, and one way to answer
 * errors. Nest adds its controllers afterwards.
 */
export async function createHttpServer(parts: HttpServerParts): Promise<FastifyInstance> {
  const { problems, mintRoutes, bodyLimit } = parts;
  const server = fastify({
    logger: false,
    bodyLimit,
    genReqId: requestId,
    requestIdHeader: false,
    rewriteUrl: hostRoutes(parts.baseDomain),
    routerOptions: { maxParamLength: longestParameter },
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    // Node's own refusal would not be in the envelope; see checkFraming.
    http: { requireHostHeader: false },
    // While it stops, the gateway still answers what reaches it, and asks for no more on that connection.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => problems.respond(error, request, reply),
    clientErrorHandler: answerConnectionError,
  });
  answerExpectations(server.server, bodyLimit);
  server.decorateRequest('principal', null);
  server.setErrorHandler((error, request, reply) => problems.respond(error, request, reply));
  server.addHook('onRoute', ({ method, url }) => parts.routes.add(method, url));
  // Loaded now, with its own way to read bodies; the hooks below reach it as they reach every route.
  await server.register((scope) => mintRoutes.register(scope));
  await server.register((scope) => parts.issueRoutes.register(scope));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, readJson);
  server.addHook('onRequest', new Doorkeeper(parts).hook);
  server.addHook('onSend', auditHook(parts.audits, parts.operations));
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (parts.draining.now) reply.header('connection', 'close');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.answered({ method, route: routeOptions.url ?? 'none', status: reply.statusCode, seconds });
    done();
  });
  await server.register((scope) => parts.relyingParties.register(scope));
  return server;
}

async function readJson(_request: FastifyRequest, body: Buffer): Promise<unknown> {
  return body.length === 0 ? undefined : parseJson(body);
}

/** Checks what comes before any controller: the route, the size of the body, who asks. */
class Doorkeeper {
  /** By method and path. */
  private readonly accesses: ReadonlyMap<string, Access>;

  constructor(private readonly parts: HttpServerParts) {
    this.accesses = new Map(
      parts.operations.flatMap(({ method, path, access, tier }) => {
        if (access === undefined) return [];
        const route = path.replaceAll(/\{(\w+)\}/g, ':$1');
        return [[`${method} ${route}`, { kinds: access, ...(tier && { tier }) }] as const];
      }),
    );
  }

  /** With a callback, for a promise would cost every mint a turn of the queue of tasks. */
  readonly hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    reply.header('x-request-id', request.id);
    if (request.is404) {
      this.withoutRoute(request, reply);
      return;
    }
    checkFraming(request.raw, this.parts.bodyLimit);
    const access = this.accesses.get(routeOf(request));
    if (access === undefined || request.routeOptions.config.admits) {
      done();
      return;
    }
    reply.header('cache-control', 'no-store');
    const found = this.parts.authenticator.authenticate(request, access);
    const admit = (principal: Principal) => {
      request.principal = principal;
      done();
    };
    if (found instanceof Promise) found.then(admit, done);
    else admit(found);
  };

  private withoutRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const allow = this.parts.routes.allow(request.url);
    if (allow === undefined) throw new DomainError('bad_path', 'There is nothing at this path.');
    if (request.method !== 'OPTIONS') {
      throw new DomainError('method_not_allowed', `This path answers ${allow}.`, { details: { allow } });
    }
    return reply
      .code(204)
      .headers({ allow, ...preflight(request, allow) })
      .send();
  }
}

/** HEAD is served by whatever serves GET. */
function routeOf({ method, routeOptions }: FastifyRequest): string {
  return `${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`;
}

/** Pages of any origin may read what is public (Fetch, "CORS-preflight request"). */
function preflight({ url }: FastifyRequest, allow: string): Record<string, string> {
  if (!url.startsWith('/pki/')) return {};
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': allow,
    'access-control-allow-headers': 'If-None-Match, X-Request-Id',
    'access-control-max-age': '86400',
  };
}
