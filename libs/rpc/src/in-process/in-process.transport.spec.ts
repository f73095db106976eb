import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BillingService, type GetEntitlementRequest, type SetLimitsRequest } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '../rpc-controller.decorator.js';
import type { RpcLogger } from '../rpc-logger.js';
import { type CallContext, callFrom, type RpcTransport } from '../rpc-transport.js';
import { createInProcessTransport } from './in-process.transport.js';

const seen: { request?: GetEntitlementRequest; context?: CallContext } = {};
let gate: Promise<void> = Promise.resolve();

@RpcController(BillingService)
class BillingController {
  readonly plan = 'dev';

  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement(request: GetEntitlementRequest, context: CallContext) {
    seen.request = request;
    seen.context = context;
    await gate;
    return { entitlement: { customerId: request.customerId, plan: this.plan, perMinute: 500n } };
  }

  @RpcMethod(BillingService.method.setLimits)
  async setLimits(request: SetLimitsRequest): Promise<Record<string, never>> {
    if (request.customerId === 'bug') throw new TypeError('secret detail');
    throw new DomainError('quota_exceeded', 'Too many.', { details: { limit: 5 } });
  }

  @RpcMethod(BillingService.method.changePlan)
  async changePlan(): Promise<Record<string, never>> {
    return {};
  }
}

@Module({ controllers: [BillingController] })
class BillingModule {}

@RpcController(BillingService)
class HalfController {
  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement() {
    return {};
  }
}

@Module({ controllers: [HalfController] })
class HalfModule {}

async function serve(transport: RpcTransport, module: object = BillingModule) {
  const app = await NestFactory.createMicroservice(module as typeof BillingModule, {
    strategy: transport.server(),
    logger: false,
  });
  await app.listen();
  return app;
}

describe('the in-process transport', () => {
  const errors: object[] = [];
  const logger: RpcLogger = {
    error: (facts) => errors.push(facts),
    warn: () => undefined,
    info: () => undefined,
  };

  it('runs a Nest handler on the message and gives its answer', async () => {
    const transport = createInProcessTransport({ logger });
    const app = await serve(transport);
    const answer = await transport
      .client(BillingService)
      .getEntitlement({ customerId: 'c1' }, { metadata: { 'X-Request-Id': 'r1', Tenant: 'a' } });
    expect(answer.entitlement).toMatchObject({ customerId: 'c1', plan: 'dev', perMinute: 500n });
    expect(seen.context?.requestId).toBe('r1');
    expect(seen.context?.metadata.get('tenant')).toBe('a');
    expect(seen.context && callFrom(seen.context).metadata).toEqual({ 'x-request-id': 'r1' });
    await app.close();
  });

  it('gives a domain error as it was thrown, and hides any other', async () => {
    const transport = createInProcessTransport({ logger });
    const app = await serve(transport);
    const client = transport.client(BillingService);
    await expect(client.setLimits({})).rejects.toMatchObject({
      code: 'quota_exceeded',
      message: 'Too many.',
      details: { limit: 5 },
    });
    const hidden = await client.setLimits({ customerId: 'bug' }).catch((error: unknown) => error);
    expect(hidden).toMatchObject({ code: 'internal' });
    expect(String(hidden)).not.toContain('secret');
    expect(errors.at(-1)).toMatchObject({ err: expect.any(TypeError), method: 'SetLimits' });
    await app.close();
  });

  it('waits for a server until the deadline, then says service_unavailable', async () => {
    const transport = createInProcessTransport({ logger });
    const client = transport.client(BillingService);
    await expect(client.getEntitlement({}, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    const early = client.getEntitlement({ customerId: 'early' });
    const app = await serve(transport);
    await expect(early).resolves.toMatchObject({ entitlement: { customerId: 'early' } });
    await app.close();
  });

  it('gives up at the deadline and when the caller does', async () => {
    const transport = createInProcessTransport({ logger });
    const app = await serve(transport);
    const client = transport.client(BillingService);
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    await expect(client.getEntitlement({}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
    const abort = new AbortController();
    const call = client.getEntitlement({}, { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    open();
    await app.close();
  });

  it('answers what it took before it closes, and takes nothing new', async () => {
    const transport = createInProcessTransport({ logger });
    const app = await serve(transport);
    const client = transport.client(BillingService);
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const taken = client.getEntitlement({ customerId: 'taken' });
    await new Promise((resolve) => setImmediate(resolve));
    const closed = app.close();
    const late = client.getEntitlement({}, { timeoutMs: 30 });
    await expect(late).rejects.toMatchObject({ code: 'service_unavailable' });
    open();
    await expect(taken).resolves.toMatchObject({ entitlement: { customerId: 'taken' } });
    await closed;
  });

  it('refuses to start with a method that nothing answers', async () => {
    await expect(serve(createInProcessTransport({ logger }), HalfModule)).rejects.toThrow(
      'No @RpcMethod answers stackrunner.billing.v1.BillingService.SetLimits',
    );
  });
});
