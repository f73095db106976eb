import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { checkSchema, type MigrationSet } from '#libs/database';
import { checkHealth, type HealthReport, productVersion, type RunningService } from '#libs/service';
import { AccountController } from './account/account.controller.js';
import { AccountService } from './account/account.service.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditTrailService } from './audit/audit-trail.service.js';
import { BirthCertController } from './birth-cert/birth-cert.controller.js';
import { BirthCertService } from './birth-cert/birth-cert.service.js';
import { CeremonyController } from './ceremony/ceremony.controller.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CredentialController } from './credential/credential.controller.js';
import { CredentialService } from './credential/credential.service.js';
import { OperatorCredentialController } from './credential/operator-credential.controller.js';
import { PermissionService } from './credential/permission.service.js';
import { CustomerController } from './customer/customer.controller.js';
import { CustomerDirectory } from './customer/customer.directory.js';
import { CustomerService } from './customer/customer.service.js';
import { CreateGateway1795363200000 } from './database/migrations/1795363200000-create-gateway.migration.js';
import { CreateCredentials1795500000000 } from './database/migrations/1795500000000-create-credentials.migration.js';
import { CreateSessions1795501000000 } from './database/migrations/1795501000000-create-sessions.migration.js';
import { CreateBirthCert1795502000000 } from './database/migrations/1795502000000-create-birth-cert.migration.js';
import { SignUpsUnderWay1796000000000 } from './database/migrations/1796000000000-sign-ups-under-way.migration.js';
import { DeviceController } from './device/device.controller.js';
import { DeviceService } from './device/device.service.js';
import { followEvents } from './gateway.events.js';
import { type GatewayDeps, type GatewayParts, openParts } from './gateway.parts.js';
import { drain } from './http/drain.js';
import { GatewayAdapter } from './http/gateway-adapter.js';
import { createHttpServer } from './http/http-server.js';
import { listenMutualTls } from './http/mutual-tls.listener.js';
import { PublicUrls } from './http/public-urls.js';
import { RouteTable } from './http/route-table.js';
import { MeteringController } from './metering/metering.controller.js';
import { MeteringService } from './metering/metering.service.js';
import { OpenApiController, versionToken } from './openapi/openapi.controller.js';
import { operations } from './openapi/operations.js';
import { PageFiles } from './pages/page-files.js';
import { PagesController } from './pages/pages.controller.js';
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
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { SignUpController } from './sign-up/sign-up.controller.js';
import { SignUpService } from './sign-up/sign-up.service.js';
import { sharedFor } from './status/shared-for.js';
import { readiness, StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';
import { TraceInterceptor } from './telemetry/trace.interceptor.js';

export type { GatewayDeps } from './gateway.parts.js';

const service = 'gateway';

export const gatewayMigrations: MigrationSet = {
  service,
  migrations: [
    CreateGateway1795363200000,
    CreateCredentials1795500000000,
    CreateSessions1795501000000,
    CreateBirthCert1795502000000,
    SignUpsUnderWay1796000000000,
  ],
};

@Module({})
export class GatewayModule {
  static register(parts: GatewayParts, ready: () => Promise<HealthReport>): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        AuditController,
        BirthCertController,
        MeteringController,
        CustomerController,
        AccountController,
        CredentialController,
        OperatorCredentialController,
        RevocationController,
        OperatorRevocationController,
        CeremonyController,
        PkiController,
        StatusController,
        OpenApiController,
        SignInController,
        SignUpController,
        DeviceController,
        PagesController,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_INTERCEPTOR, useClass: TraceInterceptor },
        { provide: ProblemResponder, useValue: parts.problems },
        { provide: PublicUrls, useValue: parts.urls },
        { provide: CustomerDirectory, useValue: parts.directory },
        { provide: AccountService, useValue: parts.accounts },
        { provide: CredentialService, useValue: parts.credentialService },
        { provide: PermissionService, useValue: parts.permissionService },
        { provide: CustomerService, useValue: parts.customerService },
        { provide: SignInService, useValue: parts.signIns },
        { provide: SignUpService, useValue: parts.signUps },
        { provide: DeviceService, useValue: parts.devices },
        { provide: PageFiles, useValue: parts.pages },
        { provide: CeremonyService, useValue: parts.ceremonyService },
        { provide: TrustArtifactService, useValue: parts.artifacts },
        { provide: AuditTrailService, useValue: parts.trails },
        { provide: MeteringService, useValue: parts.meterings },
        { provide: BirthCertService, useValue: parts.birthCerts },
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
  /** Where client certificates authenticate; undefined when that is off. */
  readonly mutualTlsUrl: string | undefined;
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
    const server = await createHttpServer({ ...parts, operations, routes, baseDomain, bodyLimit });
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
    const { port: mtlsPort, certFile, keyFile } = config.mutualTls;
    const mutualTls =
      mtlsPort === undefined
        ? undefined
        : await listenMutualTls(app.getHttpServer(), { host, port: mtlsPort, certFile, keyFile, bodyLimit });
    parts.urls.listenOn(url);
    parts.relay.start();
    return {
      name: service,
      url,
      mutualTlsUrl: mutualTls?.url,
      listener: app.getHttpServer(),
      ready,
      async stop() {
        parts.draining.now = true;
        await Promise.all([mutualTls?.close(), drain(app)]);
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
