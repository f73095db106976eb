import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validateRevokeBody } from './revocation.schema.js';
import { RevocationService, type RevokeAnswer } from './revocation.service.js';

/** Revoking, for a customer by its master bearer and for the operator. */
@Controller()
export class RevocationController {
  constructor(@Inject(RevocationService) private readonly revocations: RevocationService) {}

  @Post(':handle/revoke')
  @HttpCode(200)
  async revoke(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RevokeAnswer> {
    reply.header('cache-control', 'no-store');
    const revoker = await this.revocations.bearer(request.headers.authorization, handle);
    return this.revocations.revoke(revoker, validateRevokeBody(body), request.id);
  }

  /** Who comes here has shown the operator's token. */
  @Post('v1/admin/customers/:handle/revoke')
  @HttpCode(200)
  async revokeFor(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<RevokeAnswer> {
    const order = validateRevokeBody(body);
    return this.revocations.revoke(await this.revocations.operator(handle), order, request.id);
  }
}
