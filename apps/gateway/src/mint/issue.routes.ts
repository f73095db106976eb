import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import { withRequestSpan } from '#libs/observability';
import type { CustomerPrincipal, Principal } from '../auth/principal.js';
import type { Access, RequestAuthenticator } from '../auth/request.authenticator.js';
import { answerHeaders, type MintRoutesParts } from './mint.routes.js';
import type { IssueCall, MintOrder } from './mint-request.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What an issuing route knows before the body is read; null on every other route. */
    issuing: Issuing | null;
  }
}

interface Issuing {
  readonly contentType: string | undefined;
  principal?: CustomerPrincipal;
}

type IssueHttpRequest = FastifyRequest<{ Params: { readonly ttl?: string }; Body: Buffer | undefined }>;
type MintAnswer = Awaited<ReturnType<MintRoutesParts['mints']['issue']>>;

/** A route that issues by another profile than a mint's. */
export interface IssueRoute {
  /** With parameters as fastify writes them. */
  readonly path: string;
  readonly access: Access;
  /** Reads the body, and refuses what the principal may not ask for. */
  readonly read: (principal: CustomerPrincipal, call: IssueCall, pathTtl: string | undefined) => MintOrder;
  /** The answer's body, in JSON, of ASCII alone. */
  readonly write: (principal: CustomerPrincipal, minted: MintAnswer) => string;
}

export interface IssueRoutesParts extends MintRoutesParts {
  readonly authenticator: RequestAuthenticator;
  readonly issueRoutes: readonly IssueRoute[];
}

const noBody = Buffer.alloc(0);

/**
 * The issuing routes beside the mint routes, straight on fastify like them, with the same order of checks: size of the body, who
 * asks, standing, body, limits.
 */
export class IssueRoutes {
  constructor(private readonly parts: IssueRoutesParts) {}

  /** Registers the routes in a scope of their own, which no later hook of the server reaches. */
  async register(scope: FastifyInstance): Promise<void> {
    scope.decorateRequest('issuing', null);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => this.parts.problems.respond(error, request, reply));
    for (const route of this.parts.issueRoutes) {
      scope.post<{ Params: { ttl?: string }; Body: Buffer | undefined }>(route.path, {
        config: { admits: true },
        onRequest: (request, _reply, done) => this.arrive(route, request, done),
        // No promise is given back: while hooks of the answer are awaited, fastify would take its end for an answer.
        handler: (request, reply) =>
          void this.issue(route, request, reply).catch((error) => reply.send(error)),
      });
    }
  }

  /** Only a body of unannounced length is read before anybody is asked: its size comes first. */
  private arrive(route: IssueRoute, request: IssueHttpRequest, done: (error?: Error) => void): void {
    const { headers } = request.raw;
    const issuing: Issuing = { contentType: headers['content-type'] };
    request.issuing = issuing;
    // Fastify would refuse a malformed type before the credential was looked at; the body is taken as it is.
    headers['content-type'] = undefined;
    if (headers['transfer-encoding'] !== undefined) {
      done();
      return;
    }
    const admit = (principal: CustomerPrincipal) => {
      issuing.principal = principal;
      done();
    };
    const found = this.admit(route, request);
    if (found instanceof Promise) found.then(admit, done);
    else admit(found);
  }

  /** @returns at once when the caller is known */
  private admit(
    route: IssueRoute,
    request: IssueHttpRequest,
  ): CustomerPrincipal | Promise<CustomerPrincipal> {
    const found = this.parts.authenticator.authenticate(request, route.access);
    return found instanceof Promise ? found.then((each) => this.admitAs(each)) : this.admitAs(found);
  }

  private admitAs(principal: Principal): CustomerPrincipal | Promise<CustomerPrincipal> {
    if (!('customerId' in principal)) throw new DomainError('internal', 'The route took somebody else.');
    return principal.status === 'active' ? principal : this.parts.mints.admitOnceActive(principal);
  }

  private async issue(route: IssueRoute, request: IssueHttpRequest, reply: FastifyReply): Promise<void> {
    const { issuing, params, id, body } = request;
    if (issuing === null) throw new DomainError('internal', 'The request never arrived.');
    const principal = issuing.principal ?? (await this.admit(route, request));
    const { headers } = request.raw;
    const call: IssueCall = {
      contentType: issuing.contentType,
      contentEncoding: headers['content-encoding'],
      idempotencyKey: headers['idempotency-key']?.toString(),
      body: body ?? noBody,
    };
    const minted = await withRequestSpan('mint', request.raw, { request_id: id }, () =>
      this.parts.mints.issue(principal, route.read(principal, call, params.ttl), id),
    );
    reply.headers(answerHeaders(minted));
    // ASCII as it is, like the answer of a mint.
    reply.send(Buffer.from(route.write(principal, minted), 'latin1'));
  }
}
