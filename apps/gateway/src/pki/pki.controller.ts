import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isCurrent } from './conditional.js';
import { SerialStatusService } from './serial-status.service.js';
import { readArtifactFile } from './trust-artifact.js';
import { TrustArtifactService } from './trust-artifact.service.js';

/** Everything here is public, for any page of any origin. */
const anyOrigin = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, X-Request-Id',
};
/** An intermediate changes once a year, and the old one stays valid long after: five minutes are soon enough. */
const artifactCaching = 'public, max-age=300, stale-if-error=86400';

/** What relying parties fetch about a customer's CA. */
@Controller('pki/:handle')
export class PkiController {
  constructor(
    @Inject(TrustArtifactService) private readonly artifacts: TrustArtifactService,
    @Inject(SerialStatusService) private readonly serials: SerialStatusService,
  ) {}

  @Get('ca/:file')
  async file(
    @Param('handle') handle: string,
    @Param('file') file: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    reply.headers(anyOrigin);
    const { name, generation } = readArtifactFile(file);
    const { body, contentType, etag } = await this.artifacts.get(handle, name, generation);
    reply.headers({ etag, 'cache-control': artifactCaching });
    if (isCurrent(request.headers['if-none-match'], etag)) return void reply.code(304).send();
    reply.header('content-type', contentType).send(body);
  }

  @Get('cert/:serial')
  async certificate(
    @Param('handle') handle: string,
    @Param('serial') serial: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    reply.headers(anyOrigin);
    const status = await this.serials.status(handle, serial, reply.request.id);
    // A revocation must show within a second, also through a proxy.
    reply
      .header('cache-control', 'no-store')
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(status));
  }
}
