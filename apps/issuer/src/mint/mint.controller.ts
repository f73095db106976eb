import { Inject } from '@nestjs/common';
import {
  IssuerService,
  type MintEachRequest,
  type MintEachResponse,
  type MintRequest,
  type MintResponse,
  type MintResult,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { tokens } from '../issuer.tokens.js';
import { MintMetrics } from './mint.metrics.js';
import { MintService } from './mint.service.js';

@RpcController(IssuerService)
export class MintController {
  constructor(
    private readonly mints: MintService,
    private readonly metrics: MintMetrics,
    @Inject(tokens.logger) private readonly logger: Logger,
  ) {}

  @RpcMethod(IssuerService.method.mint)
  mint(request: MintRequest, context: CallContext): Promise<MintResponse> {
    return this.counted(request, context);
  }

  @RpcMethod(IssuerService.method.mintEach)
  async mintEach({ requests }: MintEachRequest, context: CallContext): Promise<MintEachResponse> {
    const results = await Promise.all(requests.map((request) => this.result(request, context)));
    return { $typeName: 'stackrunner.issuer.v1.MintEachResponse', results };
  }

  private async counted(request: MintRequest, context: CallContext): Promise<MintResponse> {
    try {
      return await this.mints.mint(request, context);
    } catch (error) {
      this.metrics.failed(DomainError.from(error).code);
      throw error;
    }
  }

  private async result(request: MintRequest, context: CallContext): Promise<MintResult> {
    const $typeName = 'stackrunner.issuer.v1.MintResult';
    try {
      return { $typeName, outcome: { case: 'minted', value: await this.counted(request, context) } };
    } catch (thrown) {
      const { code, message, details } = DomainError.from(thrown);
      if (code === 'internal')
        this.logger.error({ err: thrown, request_id: context.requestId }, 'a mint failed');
      const error = { code, message, detailsJson: JSON.stringify(details) };
      return {
        $typeName,
        outcome: { case: 'error', value: { $typeName: 'stackrunner.error.v1.Error', ...error } },
      };
    }
  }
}
