import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actingCustomer } from '../auth/acting-customer.js';
import { validateRevokeBody } from './revocation.schema.js';
import { RevocationService, type RevokeAnswer, revokerOf } from './revocation.service.js';

/** Revoking, for a customer by what it mints with. */
@Controller()
export class RevocationController {
  constructor(@Inject(RevocationService) private readonly revocations: RevocationService) {}

  @Post(':handle/revoke')
  @HttpCode(200)
  async revoke(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<RevokeAnswer> {
    const revoker = revokerOf(actingCustomer(request), handle);
    return this.revocations.revoke(revoker, validateRevokeBody(body), request.id);
  }

  @Post('v1/free/revoke')
  @HttpCode(200)
  async revokeFree(@Body() body: unknown, @Req() request: FastifyRequest): Promise<RevokeAnswer> {
    const revoker = revokerOf(actingCustomer(request));
    return this.revocations.revoke(revoker, validateRevokeBody(body), request.id);
  }
}
