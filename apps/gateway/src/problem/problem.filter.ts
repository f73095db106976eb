import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemResponder } from './problem-responder.js';

/** What a controller throws is answered like what fastify throws. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(ProblemResponder) private readonly problems: ProblemResponder) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.problems.respond(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
