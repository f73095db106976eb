import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type GetCustomerRequest,
  IssuerService,
  type MintRequest,
  ProvisionerService,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type NatsServer, natsExample, restOf, startNatsServer } from '#libs/testing';
import { RpcController, RpcMethod } from '../rpc-controller.decorator.js';
import { recordingLogger } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';
import { natsServerConfig } from './nats-server-config.js';

const customerId = '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c11';
const csr = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
const leaf = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x01);
const chain = [Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x02), Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x03)];
const minted: MintRequest[] = [];

@RpcController(ProvisionerService)
class ProvisionerFake {
  @RpcMethod(ProvisionerService.method.promoteCustomer)
  async promoteCustomer() {
    return {};
  }
  @RpcMethod(ProvisionerService.method.getCustomer)
  async getCustomer({ handle }: GetCustomerRequest) {
    if (handle !== 'acme')
      throw new DomainError('customer_not_found', `There is no customer ${handle} – größer.`);
    return { customer: { id: customerId, handle } };
  }
}

@RpcController(IssuerService)
class IssuerFake {
  @RpcMethod(IssuerService.method.mint)
  async mint(request: MintRequest) {
    minted.push(request);
    return { certificates: [{ der: leaf }], chain };
  }
}

@Module({ controllers: [ProvisionerFake, restOf(ProvisionerService, ProvisionerFake)] })
class ProvisionerModule {}
@Module({ controllers: [IssuerFake, restOf(IssuerService, IssuerFake)] })
class IssuerModule {}

// Getting the languages' packages takes as long as it takes, and is no part of a test's time.
const examples = [
  ['Python', await natsExample('python')],
  ['Go', await natsExample('go')],
] as const;

describe('the examples of gRPC over NATS', () => {
  const passwords = { gateway: 'g', issuer: 'i', provisioner: 'p', revocation: 'r', billing: 'b' };
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-examples-'));
  const csrFile = join(folder, 'app.csr');
  const stops: Array<() => Promise<void>> = [];
  let server: NatsServer;

  async function serve(service: 'issuer' | 'provisioner', module: object): Promise<void> {
    const nats: NatsRuntime = await connectNats({
      url: server.url,
      service,
      user: service,
      password: passwords[service],
      logger: recordingLogger(),
    });
    const app = await NestFactory.createMicroservice(module as typeof IssuerModule, {
      strategy: nats.rpc.server(),
      logger: false,
    });
    await app.listen();
    stops.push(async () => {
      await app.close();
      await nats.close();
    });
  }

  beforeAll(async () => {
    writeFileSync(csrFile, pem('CERTIFICATE REQUEST', csr));
    const partner = { password: 'secret', calls: [IssuerService, ProvisionerService] };
    server = await startNatsServer({
      config: (place) => natsServerConfig({ ...place, passwords, clients: { partner } }),
    });
    await serve('provisioner', ProvisionerModule);
    await serve('issuer', IssuerModule);
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [language, example] of examples) {
    if (example.missing !== undefined) {
      it.skip(`${language}: ${example.missing}`, () => undefined);
      continue;
    }
    const call = (handle: string) =>
      example.mint({
        nats: server.url,
        user: 'partner',
        password: 'secret',
        handle,
        csr: csrFile,
        ttlSeconds: 7200,
      });

    it(`${language} mints a certificate with nothing of ours but the .proto files`, async () => {
      minted.length = 0;
      const outcome = await call('acme');
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toBe([leaf, ...chain].map((der) => pem('CERTIFICATE', der)).join(''));
      expect(minted).toMatchObject([{ customerId, ttlSeconds: 7200n, csrs: [csr] }]);
      expect(minted[0]?.idempotencyKey).not.toBe('');
    }, 60_000);

    it(`${language} shows a refusal by its code`, async () => {
      const outcome = await call('nobody');
      expect(outcome).toMatchObject({ code: 1, stdout: '' });
      expect(outcome.stderr).toContain('customer_not_found: There is no customer nobody – größer.');
    }, 60_000);
  }
});

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
