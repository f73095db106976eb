import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MintResponse } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { withSpan } from '#libs/observability';
import type { ClientCertificateAuthenticator } from '../birth-cert/client-certificate.authenticator.js';
import type { Draining } from '../http/draining.js';
import { checkFraming } from '../http/framing.js';
import type { ProblemResponder } from '../problem/problem-responder.js';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.js';
import type { MintingPrincipal, MintService } from './mint.service.js';
import { writeMintAnswer } from './mint-answer.js';
import type { MintCall } from './mint-request.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a mint route knows before the body is read; null on every other route. */
    arrival: Arrival | null;
  }
}

interface Arrival {
  readonly contentType: string | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  principal?: MintingPrincipal;
}

interface MintParams {
  readonly handle: string;
  readonly ttl?: string;
}
type MintHttpRequest = FastifyRequest<{ Params: MintParams; Body: Buffer | undefined }>;

export interface MintRoutesParts {
  readonly mints: MintService;
  readonly clientCertificates: Pick<ClientCertificateAuthenticator, 'authenticate'>;
  readonly problems: ProblemResponder;
  readonly metrics: GatewayMetrics;
  readonly draining: Draining;
  readonly bodyLimit: number;
}

const noBody = Buffer.alloc(0);

/**
 * The two mint routes, straight on fastify: they are the hot path, and the order of their checks is a promise
 * (size of the body, bearer, handle, standing, body, limits) that needs the body as it came.
 */
export class MintRoutes {
  constructor(private readonly parts: MintRoutesParts) {}

  /** Registers the routes in a scope of their own, which no later hook of the server reaches. */
  async register(scope: FastifyInstance): Promise<void> {
    scope.decorateRequest('arrival', null);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => this.fail(error, request, reply));
    for (const path of ['/:handle/mint', '/:ttl/:handle/mint']) {
      scope.post<{ Params: MintParams; Body: Buffer | undefined }>(path, {
        onRequest: (request, _reply, done) => this.arrive(request, done),
        // No promise is given back: while hooks of the answer are awaited, fastify would take its end for an answer.
        handler: (request, reply) => void this.mint(request, reply).catch((error) => reply.send(error)),
      });
    }
  }

  /**
   * Everything that can be refused without the body is refused before it is read. Only a body of unannounced
   * length is read first: its size comes before the bearer.
   */
  private arrive(request: MintHttpRequest, done: (error?: Error) => void): void {
    const { headers } = request.raw;
    const arrival: Arrival = { contentType: headers['content-type'], at: performance.now() };
    request.arrival = arrival;
    // Fastify would refuse a malformed type before the bearer was looked at; the body is taken as it is.
    headers['content-type'] = undefined;
    const { handle, ttl } = request.params;
    if (handle === '' || ttl === '') throw new DomainError('bad_path', 'There is nothing at this path.');
    checkFraming(request.raw, this.parts.bodyLimit);
    const isAnnounced = headers['transfer-encoding'] === undefined;
    const admission = isAnnounced ? this.admit(request, arrival) : undefined;
    if (admission === undefined) done();
    else admission.then(() => done(), done);
  }

  /** @returns nothing when the caller is known at once */
  private admit(request: MintHttpRequest, arrival: Arrival): Promise<void> | undefined {
    const { clientCertificates, mints } = this.parts;
    const { authorization } = request.raw.headers;
    const { handle } = request.params;
    const certified = authorization === undefined ? clientCertificates.authenticate(request.raw) : undefined;
    const admitted =
      certified?.then((principal) => mints.admitAs(principal, handle)) ?? mints.admit(authorization, handle);
    if (admitted instanceof Promise) {
      return admitted.then((principal) => {
        arrival.principal = principal;
      });
    }
    arrival.principal = admitted;
    return undefined;
  }

  private async mint(request: MintHttpRequest, reply: FastifyReply): Promise<void> {
    const { arrival, params, id, body } = request;
    if (arrival === null) throw new DomainError('internal', 'The request never arrived.');
    if (arrival.principal === undefined) await this.admit(request, arrival);
    const { principal } = arrival;
    if (principal === undefined) throw new DomainError('internal', 'The request was not admitted.');
    const { headers } = request.raw;
    const call: MintCall = {
      handle: params.handle,
      pathTtl: params.ttl,
      contentType: arrival.contentType,
      contentEncoding: headers['content-encoding'],
      idempotencyKey: headers['idempotency-key']?.toString(),
      body: body ?? noBody,
    };
    const minted = await withSpan('mint', { request_id: id }, () =>
      this.parts.mints.mint(principal, call, id),
    );
    reply.headers(answerHeaders(minted, id));
    if (this.parts.draining.now) reply.header('connection', 'close');
    reply.send(writeMintAnswer(principal.handle, minted));
    this.count(request, 200);
  }

  private fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.parts.problems.respond(error, request, reply);
    this.count(request, reply.statusCode);
  }

  private count(request: FastifyRequest, status: number): void {
    const route = request.routeOptions.url ?? '';
    const seconds = (performance.now() - (request.arrival?.at ?? 0)) / 1000;
    this.parts.metrics.answered({ method: 'POST', route, status, seconds });
  }
}

/** What goes with certificates. */
export function answerHeaders(
  { rateLimit, replayed }: MintResponse,
  requestId: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-request-id': requestId,
  };
  if (rateLimit?.limit !== undefined) {
    headers['ratelimit-limit'] = rateLimit.limit.toString();
    headers['ratelimit-remaining'] = rateLimit.remaining.toString();
    headers['ratelimit-reset'] = rateLimit.resetSeconds.toString();
  }
  if (replayed) headers['idempotency-replayed'] = 'true';
  return headers;
}
