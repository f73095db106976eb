import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { withRequestSpan } from '#libs/observability';

/** Makes a controller's work a span, so that the calls it makes belong to one trace. */
@Injectable()
export class TraceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, routeOptions, id, raw } = context.switchToHttp().getRequest<FastifyRequest>();
    const attributes = {
      'http.request.method': method,
      'http.route': routeOptions.url ?? '',
      request_id: id,
    };
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(withRequestSpan(`${method} ${routeOptions.url}`, raw, attributes, work));
  }
}
