import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Nest on a fastify that knows by itself what to say of errors and of paths that are not there. */
export class GatewayAdapter extends FastifyAdapter {
  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance();
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance();
  }
}
