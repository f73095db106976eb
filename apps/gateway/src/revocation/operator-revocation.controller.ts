import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readPage } from '../http/page-query.js';
import { validateBulkBody } from './bulk.schema.js';
import { type BulkCountJson, type BulkJobJson, BulkService } from './bulk.service.js';
import { type CrlCacheJson, CrlCacheService } from './crl-cache.service.js';
import { validateReconcileBody, validateRevokeBody } from './revocation.schema.js';
import { type Reconciled, RevocationService, type RevokeAnswer } from './revocation.service.js';

/** Revocation for the operator. Who comes here has shown the operator's token. */
@Controller('v1/admin')
export class OperatorRevocationController {
  constructor(
    @Inject(RevocationService) private readonly revocations: RevocationService,
    @Inject(BulkService) private readonly bulk: BulkService,
    @Inject(CrlCacheService) private readonly crls: CrlCacheService,
  ) {}

  @Post('customers/:handle/revoke')
  @HttpCode(200)
  async revoke(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<RevokeAnswer> {
    const order = validateRevokeBody(body);
    return this.revocations.revoke(await this.revocations.operator(handle), order, request.id);
  }

  @Post('customers/:handle/bulk-revoke')
  @HttpCode(200)
  bulkRevoke(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<BulkJobJson | BulkCountJson> {
    return this.bulk.start(handle, validateBulkBody(body), request.id);
  }

  @Get('customers/:handle/bulk-revoke/:job')
  bulkRevocation(
    @Param('handle') handle: string,
    @Param('job') job: string,
    @Req() request: FastifyRequest,
  ): Promise<BulkJobJson> {
    return this.bulk.show(handle, job, request.id);
  }

  @Post('customers/:handle/reconcile')
  @HttpCode(200)
  reconcile(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Reconciled> {
    return this.revocations.reconcile(handle, validateReconcileBody(body), request.id);
  }

  @Get('crl/cache')
  list(@Query() query: Record<string, unknown>, @Req() request: FastifyRequest): Promise<CrlCacheJson> {
    const handle = typeof query.handle === 'string' ? query.handle : undefined;
    const page = { handle, ...readPage(query) };
    return this.crls.list(page, request.id);
  }

  @Post('crl/cache/:handle/regenerate')
  @HttpCode(200)
  regenerate(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CrlCacheJson> {
    return this.crls.regenerate(handle, request.id);
  }
}
