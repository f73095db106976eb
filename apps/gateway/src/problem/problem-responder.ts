import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { Draining } from '../http/draining.js';
import { closeLingering } from '../http/lingering-close.js';
import type { WrongCredentials } from '../rate-limit/wrong-credentials.js';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.js';
import { toDomainError } from './http-error.js';
import { toProblem } from './problem.js';

/** Answers a request that failed: the envelope, one line in the log where it is our fault, one count. */
export class ProblemResponder {
  constructor(
    private readonly logger: Logger,
    private readonly metrics: GatewayMetrics,
    private readonly draining: Draining,
    private readonly wrongCredentials: Pick<WrongCredentials, 'count'>,
  ) {}

  respond(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.slowedDown(toDomainError(thrown), request);
    this.note(error, request.id);
    const { status, headers, body } = toProblem(error, request.id);
    if (error.code === 'body_too_large') closeLingering(request.raw);
    if (this.draining.now || error.code === 'body_too_large') reply.header('connection', 'close');
    reply
      .code(status)
      .headers(headers)
      .header('x-request-id', request.id)
      .header('cache-control', 'no-store')
      .header('content-type', 'application/json; charset=utf-8')
      .send(body);
  }

  /** Who only forgot to show a credential has not guessed. */
  private slowedDown(error: DomainError, { raw, ip }: FastifyRequest): DomainError {
    if (error.code !== 'unauthorized') return error;
    const { authorization, 'x-mint-credential': scoped } = raw.headers;
    if (authorization === undefined && scoped === undefined) return error;
    const seconds = this.wrongCredentials.count(ip);
    if (seconds === undefined) return error;
    return new DomainError('rate_limited', 'Too many wrong credentials came from this address.', {
      details: { retry_after: seconds },
    });
  }

  private note(error: DomainError, requestId: string): void {
    const { code, httpStatus } = error;
    this.metrics.failed(code);
    const facts = { request_id: requestId, code, err: error.cause ?? error };
    if (httpStatus === 500) this.logger.error(facts, 'request failed unexpectedly');
    else if (httpStatus > 500 && code !== 'customer_not_active')
      this.logger.warn(facts, 'request could not be served');
  }
}
