import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  type CsrJson,
  type ImportedJson,
  type RotationJson,
  type TranscriptJson,
  validateImport,
  validateRotate,
} from './ceremony.schema.js';
import { CeremonyService } from './ceremony.service.js';

/** The operator's view of a customer's CA. Who comes here has shown the operator's token. */
@Controller('v1/admin/customers/:handle')
export class CeremonyController {
  constructor(@Inject(CeremonyService) private readonly ceremonies: CeremonyService) {}

  @Get('transcript')
  transcript(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<TranscriptJson> {
    return this.ceremonies.transcript(handle, request.id);
  }

  @Post('ca/rotate')
  @HttpCode(200)
  rotate(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<RotationJson> {
    return this.ceremonies.rotate(handle, validateRotate(body ?? {}), request.id);
  }

  @Post('ca/csr')
  @HttpCode(200)
  request(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CsrJson> {
    return this.ceremonies.request(handle, request.id);
  }

  @Post('ca/import')
  @HttpCode(200)
  import(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<ImportedJson> {
    return this.ceremonies.import(handle, validateImport(body), request.id);
  }
}
