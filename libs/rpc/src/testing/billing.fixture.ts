import 'reflect-metadata';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type DynamicModule, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { GetEntitlementResponseSchema, SetLimitsResponseSchema } from '#libs/contracts';
import {
  BillingService,
  type GetEntitlementRequest,
  type GetEntitlementResponse,
  type SetLimitsRequest,
  type SetLimitsResponse,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '../rpc-controller.decorator.js';
import type { CallContext, Implementation, RpcTransport } from '../rpc-transport.js';

export type BillingFake = Partial<Implementation<typeof BillingService>>;
export type { GetEntitlementResponse, SetLimitsResponse };

/** Serves a billing service, made of the given functions, as an application of its own. */
export async function serveBilling(transport: RpcTransport, fake: BillingFake): Promise<INestMicroservice> {
  @RpcController(BillingService)
  class BillingController {
    @RpcMethod(BillingService.method.getEntitlement)
    async getEntitlement(
      request: GetEntitlementRequest,
      context: CallContext,
    ): Promise<MessageInitShape<typeof GetEntitlementResponseSchema>> {
      return fake.getEntitlement?.(request, context) ?? { entitlement: { customerId: request.customerId } };
    }

    @RpcMethod(BillingService.method.setLimits)
    async setLimits(
      request: SetLimitsRequest,
      context: CallContext,
    ): Promise<MessageInitShape<typeof SetLimitsResponseSchema>> {
      return fake.setLimits?.(request, context) ?? {};
    }

    @RpcMethod(BillingService.method.changePlan)
    async changePlan() {
      return {};
    }
  }

  @Module({})
  class BillingModule {
    static register(): DynamicModule {
      return { module: BillingModule, controllers: [BillingController] };
    }
  }

  const app = await NestFactory.createMicroservice(BillingModule.register(), {
    strategy: transport.server(),
    logger: false,
  });
  await app.listen();
  return app;
}

/** Keeps what was logged. */
export function recordingLogger() {
  const lines: Array<{ level: string; facts: object; message: string }> = [];
  const log = (level: string) => (facts: object, message: string) => lines.push({ level, facts, message });
  return { lines, error: log('error'), warn: log('warn'), info: log('info') };
}

/** A promise and the function that resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
