import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { checkSchema, type MigrationSet } from '#libs/database';
import { checkHealth, type HealthReport, productVersion, type RunningService } from '#libs/service';
import { CeremonyController } from './ceremony/ceremony.controller.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CustomerController } from './customer/customer.controller.js';
import { CustomerService } from './customer/customer.service.js';
import { CreateGateway1795363200000 } from './database/migrations/1795363200000-create-gateway.migration.js';
import { followEvents } from './gateway.events.js';
import { type GatewayDeps, type GatewayParts, openParts } from './gateway.parts.js';
import { drain } from './http/drain.js';
import { GatewayAdapter } from './http/gateway-adapter.js';
import { createHttpServer } from './http/http-server.js';
import { PublicUrls } from './http/public-urls.js';
import { RouteTable } from './http/route-table.js';
import { OpenApiController, versionToken } from './openapi/openapi.controller.js';
import { operations } from './openapi/operations.js';
import { PkiController } from './pki/pki.controller.js';
import { SerialStatusService } from './pki/serial-status.service.js';
import { TrustArtifactService } from './pki/trust-artifact.service.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { ProblemResponder } from './problem/problem-responder.js';
import { BulkService } from './revocation/bulk.service.js';
import { CrlCacheService } from './revocation/crl-cache.service.js';
import { OperatorRevocationController } from './revocation/operator-revocation.controller.js';
import { RevocationController } from './revocation/revocation.controller.js';
import { RevocationService } from './revocation/revocation.service.js';
import { sharedFor } from './status/shared-for.js';
import { readiness, StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';
import { TraceInterceptor } from './telemetry/trace.interceptor.js';

export type { GatewayDeps } from './gateway.parts.js';

const service = 'gateway';

export const gatewayMigrations: MigrationSet = { service, migrations: [CreateGateway1795363200000] };

@Module({})
export class GatewayModule {
  static register(parts: GatewayParts, ready: () => Promise<HealthReport>): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        CustomerController,
        RevocationController,
        OperatorRevocationController,
        CeremonyController,
        PkiController,
        StatusController,
        OpenApiController,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_INTERCEPTOR, useClass: TraceInterceptor },
        { provide: ProblemResponder, useValue: parts.problems },
        { provide: PublicUrls, useValue: parts.urls },
        { provide: CustomerService, useValue: parts.customerService },
        { provide: CeremonyService, useValue: parts.ceremonyService },
        { provide: TrustArtifactService, useValue: parts.artifacts },
        { provide: SerialStatusService, useValue: parts.serials },
        { provide: BulkService, useValue: parts.bulk },
        { provide: CrlCacheService, useValue: parts.crlCache },
        { provide: RevocationService, useValue: parts.revocations },
        { provide: StatusService, useValue: parts.statuses },
        { provide: readiness, useValue: ready },
        { provide: versionToken, useValue: productVersion() },
      ],
    };
  }
}

/** Anybody may ask whether the gateway is ready; the database is asked this seldom, in milliseconds. */
const readyHoldsMs = 250;

/** The gateway as it serves. */
export interface RunningGateway extends RunningService {
  /** What it listens on, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The listener, for processes that share it. */
  readonly listener: Server;
}

/** Starts the gateway on a current schema: follows events, then listens. */
export async function startGateway(deps: GatewayDeps): Promise<RunningGateway> {
  const { config, events } = deps;
  const parts = await openParts(deps);
  const { baseDomain, bodyLimit, host, port } = config;
  const ready = sharedFor(readyHoldsMs, () =>
    checkHealth([{ name: 'database', check: () => checkSchema(parts.pool, gatewayMigrations) }]),
  );
  const routes = new RouteTable();
  try {
    const server = await createHttpServer({ ...parts, routes, baseDomain, bodyLimit });
    const app = await NestFactory.create<NestFastifyApplication>(
      GatewayModule.register(parts, ready),
      new GatewayAdapter(server),
      { logger: ['error', 'warn'], bodyParser: false, abortOnError: false },
    );
    const subscriptions = await followEvents(events, parts);
    if (deps.listener) await listenOn(app, deps.listener);
    else await app.listen(port, host);
    routes.assertDocumented(operations);
    const url = urlOf(host, app.getHttpServer().address());
    parts.urls.listenOn(url);
    parts.relay.start();
    return {
      name: service,
      url,
      listener: app.getHttpServer(),
      ready,
      async stop() {
        parts.draining.now = true;
        await drain(app);
        await Promise.all(subscriptions.map((each) => each.close()));
        await parts.close();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Accepts connections from the listener of another process, as that process does. */
async function listenOn(app: NestFastifyApplication, listener: () => Promise<Server>): Promise<void> {
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const shared = await listener();
  // At once: a connection that comes before would find nobody.
  app.getHttpServer().listen(shared);
}

function urlOf(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
