import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type GetCertificateRequest, IssuedSchema, IssuerService, RevocationService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { createLogger, createRegistry, type Registry } from '#libs/observability';
import {
  type Client,
  createInProcessEventBus,
  createInProcessTransport,
  events,
  RpcController,
  RpcMethod,
} from '#libs/rpc';
import type { RunningService } from '#libs/service';
import { FixedClock, restOf, type TestDatabase, testDatabase } from '#libs/testing';
import { revocationMigrations, startRevocation } from '../revocation.module.js';

/** A certificate as its issuer knows it. */
export interface IssuedTestCertificate {
  readonly customerId: string;
  readonly caId: string;
  readonly serial: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  /** Unix seconds. */
  readonly notAfter: number;
  /** UUID of the scoped credential that minted it. */
  readonly credentialId?: string;
  /** As what it was issued, unless it is a plain mint. */
  readonly profile?: string;
}

/** An issuer that knows what it minted, also before anybody heard of it. */
class Minted {
  readonly certificates = new Map<string, IssuedTestCertificate>();
  asked = 0;

  add(certificate: IssuedTestCertificate): void {
    this.certificates.set(keyOf(certificate), certificate);
  }
}

const keyOf = ({ customerId, serial }: { customerId: string; serial: Uint8Array }) =>
  `${customerId} ${Buffer.from(serial).toString('hex')}`;

@RpcController(IssuerService)
class IssuerDouble {
  constructor(private readonly minted: Minted) {}

  @RpcMethod(IssuerService.method.getCertificate)
  async getCertificate(request: GetCertificateRequest) {
    this.minted.asked += 1;
    const found = this.minted.certificates.get(keyOf(request));
    if (found === undefined) throw new DomainError('serial_not_found', 'Never issued.');
    return { certificate: { serial: found.serial, notAfter: BigInt(found.notAfter) }, caId: found.caId };
  }
}

@Module({})
class IssuerDoubleModule {}

/** The revocation service on a real database, beside an issuer that knows what it is told. */
export class RevocationHarness {
  readonly logger = createLogger('revocation', 'silent');
  readonly rpc = createInProcessTransport({ logger: this.logger });
  readonly bus = createInProcessEventBus({ logger: this.logger });
  readonly revocation: Client<typeof RevocationService> = this.rpc.client(RevocationService);
  readonly minted = new Minted();
  readonly recordDir = mkdtempSync(join(tmpdir(), 'stackrunner-revocations-'));
  registry: Registry = createRegistry('revocation');
  private running: RunningService | undefined;
  private issuer: { close(): Promise<unknown> } | undefined;
  private published = 0;

  private constructor(
    readonly clock: FixedClock,
    readonly database: TestDatabase,
  ) {}

  /** @param now as `Date` reads it */
  static async start(now: string): Promise<RevocationHarness> {
    const harness = new RevocationHarness(new FixedClock(now), await testDatabase([revocationMigrations]));
    const providers = [{ provide: Minted, useValue: harness.minted }];
    const app = await NestFactory.createMicroservice(
      {
        module: IssuerDoubleModule,
        controllers: [IssuerDouble, restOf(IssuerService, IssuerDouble)],
        providers,
      },
      { strategy: harness.rpc.server(), logger: false },
    );
    await app.listen();
    harness.issuer = app;
    await harness.startService();
    return harness;
  }

  get service(): RunningService {
    if (!this.running) throw new Error('The service is not running.');
    return this.running;
  }

  async startService(): Promise<void> {
    const unset = {
      ...{ user: undefined, password: undefined },
      ...{ tlsCa: undefined, tlsCert: undefined, tlsKey: undefined },
    };
    this.registry = createRegistry('revocation');
    this.running = await startRevocation({
      config: {
        operations: { host: '127.0.0.1', port: 0, logLevel: 'info', otlpEndpoint: undefined },
        nats: { url: 'nats://in-process', ...unset },
        database: { ...this.database.settings('revocation'), migrateUrl: undefined },
        kms: {
          backend: 'local',
          localDir: join(this.recordDir, 'keys'),
          localKeyFile: join(this.recordDir, 'keys.secret'),
          localPassphrase: undefined,
        },
        ...{ pkiUrl: 'http://pki.example', statusHost: '127.0.0.1', statusPort: 0 },
        ...{ crlInterval: 3_600, ocspResponses: 1_000, recordDir: this.recordDir },
      },
      ...{ rpc: this.rpc, events: this.bus, clock: this.clock, logger: this.logger, metrics: this.registry },
    });
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    await this.issuer?.close();
    await this.bus.close();
    await this.database.drop();
    rmSync(this.recordDir, { recursive: true });
  }

  /** A certificate that nobody was told of. @param notAfter Unix seconds */
  certificate(customerId: string, notAfter: number, caId: string = randomUUID()): IssuedTestCertificate {
    const notBefore = Math.floor(this.clock.now() / 1000) - 60;
    return { customerId, caId, serial: randomBytes(16), notBefore, notAfter };
  }

  /** Publishes what was issued, as the issuer does. */
  async issue(...certificates: IssuedTestCertificate[]): Promise<void> {
    const message = create(IssuedSchema, {
      certificates: certificates.map(({ customerId, caId, serial, notBefore, notAfter }) => ({
        ...{ customerId, caId, serial, fingerprint: randomBytes(32) },
        notBefore: BigInt(notBefore),
        notAfter: BigInt(notAfter),
      })),
      mintings: certificates.flatMap(({ serial, credentialId }) =>
        credentialId === undefined ? [] : [{ credentialId, serials: [serial] }],
      ),
      profiled: certificates.flatMap(({ serial, profile }) =>
        profile === undefined ? [] : [{ profile, serials: [serial] }],
      ),
    });
    this.published += 1;
    await this.bus.publish(events.issued.type, toBinary(IssuedSchema, message), `issuer-${this.published}`);
  }
}
