import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validateRevokeBody } from './revocation.schema.js';
import { RevocationService, type RevokeAnswer } from './revocation.service.js';

/** Revoking, for a customer by its master bearer. */
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
}
