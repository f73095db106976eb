import { Controller, Get, Header, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthCheckService, type HealthIndicatorResult, TerminusModule } from '@nestjs/terminus';
import { Registry } from 'prom-client';
import { StartError } from '#libs/config';
import { errorCode } from '#libs/errors';
import type { HealthReport } from './health.js';
import { type MetricsSource, metricsText } from './metrics-text.js';

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** One a service of this process. */
  readonly registries: readonly MetricsSource[];
  /** What `/ready` answers; asked anew for every request. */
  readonly ready: () => Promise<HealthReport>;
}

export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

const optionsToken = Symbol('OperationsServerOptions');

/** For orchestrators and Prometheus, on a port of its own: nothing here is for customers. */
@Controller()
class OperationsController {
  constructor(
    @Inject(optionsToken) private readonly options: OperationsServerOptions,
    @Inject(HealthCheckService) private readonly checker: HealthCheckService,
  ) {}

  /** The process lives. It asks nobody else: a restart would not mend a database. */
  @Get('health')
  health() {
    return this.checker.check([]);
  }

  /** 200 when requests can be served, else 503; names every dependency and what is wrong with it. */
  @Get('ready')
  async ready() {
    const { checks } = await this.options.ready();
    return this.checker.check(
      Object.entries(checks).map(
        ([name, { ready, message }]) =>
          (): HealthIndicatorResult => ({
            [name]: { status: ready ? 'up' : 'down', ...(message !== undefined && { message }) },
          }),
      ),
    );
  }

  @Get('metrics')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics() {
    return metricsText(this.options.registries);
  }
}

@Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [OperationsController] })
class OperationsModule {}

/**
 * Serves `/health`, `/ready` and `/metrics`.
 *
 * @throws StartError when its port cannot be had
 */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const module = { module: OperationsModule, providers: [{ provide: optionsToken, useValue: options }] };
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    // Scrapers keep connections open: they must not hold up the end of a process.
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: false, abortOnError: false },
  );
  await app.listen(options.port, options.host).catch((error: unknown) => {
    throw cannotListen(options, error);
  });
  const address = app.getHttpServer().address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () => app.close(),
  };
}

function cannotListen({ host, port }: OperationsServerOptions, error: unknown): unknown {
  const code = errorCode(error);
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`;
  return new StartError(`Port ${port} on ${host}, for health and metrics, ${why}.`, { cause: error });
}
