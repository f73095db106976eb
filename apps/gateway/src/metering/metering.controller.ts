import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { validateReconcileBody } from './metering.schema.js';
import { MeteringService } from './metering.service.js';

/** What customers used, for the operator. */
@Controller('v1/admin')
export class MeteringController {
  constructor(@Inject(MeteringService) private readonly metering: MeteringService) {}

  @Post('reconcile-usage')
  @HttpCode(200)
  reconcile(@Body() body: unknown, @Req() { id }: FastifyRequest): Promise<unknown> {
    return this.metering.reconcile(validateReconcileBody(body ?? {}).handle, id);
  }

  @Get('customers/:handle/months')
  months(@Param('handle') handle: string, @Req() { id }: FastifyRequest): Promise<unknown> {
    return this.metering.months(handle, id);
  }
}
