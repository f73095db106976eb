import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MintResponse } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { withRequestSpan } from '#libs/observability';
import type { ClientCertificateAuthenticator } from '../birth-cert/client-certificate.authenticator.js';
import type { ProblemResponder } from '../problem/problem-responder.js';
import type { MintingPrincipal, MintService } from './mint.service.js';
import { writeMintAnswer } from './mint-answer.js';
import type { MintCall } from './mint-request.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a mint route knows before the body is read; null on every other route. */
    arrival: Arrival | null;
  }
  interface FastifyContextConfig {
    /** The route finds out by itself who asks. */
    admits?: boolean;
  }
}

interface Arrival {
  readonly contentType: string | undefined;
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
}

const noBody = Buffer.alloc(0);

/**
 * The two mint routes, straight on fastify: they are the hot path, and the order of their checks is a promise
 * (size of the body, bearer, handle, standing, body, limits) that needs the body as it came.
 */
export class MintRoutes {
  constructor(private readonly parts: MintRoutesParts) {}

  /** Registers the routes in a scope of their own, for they read bodies in their own way. */
  async register(scope: FastifyInstance): Promise<void> {
    scope.decorateRequest('arrival', null);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => this.parts.problems.respond(error, request, reply));
    for (const path of ['/:handle/mint', '/:ttl/:handle/mint']) {
      scope.post<{ Params: MintParams; Body: Buffer | undefined }>(path, {
        config: { admits: true },
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
    const arrival: Arrival = { contentType: headers['content-type'] };
    request.arrival = arrival;
    // Fastify would refuse a malformed type before the bearer was looked at; the body is taken as it is.
    headers['content-type'] = undefined;
    const { handle, ttl } = request.params;
    if (handle === '' || ttl === '') throw new DomainError('bad_path', 'There is nothing at this path.');
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
    const minted = await withRequestSpan('mint', request.raw, { request_id: id }, () =>
      this.parts.mints.mint(principal, call, id),
    );
    reply.headers(answerHeaders(minted));
    // ASCII as it is: to encode it as UTF-8 takes a fifth of what the whole answer does.
    reply.send(Buffer.from(writeMintAnswer(principal.handle, minted), 'latin1'));
  }
}

/** What goes with certificates. */
export function answerHeaders({ rateLimit, replayed }: MintResponse): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  };
  if (rateLimit?.limit !== undefined) {
    headers['ratelimit-limit'] = rateLimit.limit.toString();
    headers['ratelimit-remaining'] = rateLimit.remaining.toString();
    headers['ratelimit-reset'] = rateLimit.resetSeconds.toString();
  }
  if (replayed) headers['idempotency-replayed'] = 'true';
  return headers;
}
