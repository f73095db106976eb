import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actingCustomer } from '../auth/acting-customer.js';
import { readPage } from '../http/page-query.js';
import { validateGrant, validateNewCredential, validateNewPermission } from './credential.schema.js';
import { CredentialService } from './credential.service.js';
import { PermissionService } from './permission.service.js';

/** A customer's own permissions and scoped credentials. */
@Controller('v1')
export class CredentialController {
  constructor(
    @Inject(CredentialService) private readonly credentials: CredentialService,
    @Inject(PermissionService) private readonly permissions: PermissionService,
  ) {}

  @Get('signing-certs')
  signingCerts(@Req() request: FastifyRequest) {
    return this.permissions.signingCerts(actingCustomer(request));
  }

  @Get('permissions')
  listPermissions(@Req() request: FastifyRequest) {
    return this.permissions.list(actingCustomer(request));
  }

  @Post('permissions')
  createPermission(@Body() body: unknown, @Req() request: FastifyRequest) {
    return this.permissions.create(actingCustomer(request), validateNewPermission(body));
  }

  @Get('permissions/:id')
  showPermission(@Param('id') id: string, @Req() request: FastifyRequest) {
    return this.permissions.show(actingCustomer(request), id);
  }

  @Put('permissions/:id/signing-certs/:certId')
  setModes(
    @Param('id') id: string,
    @Param('certId') certId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ) {
    const { modes } = validateGrant(body);
    return this.permissions.setModes(actingCustomer(request), { id, certId }, modes);
  }

  @Delete('permissions/:id')
  deletePermission(@Param('id') id: string, @Req() request: FastifyRequest) {
    return this.permissions.delete(actingCustomer(request), id);
  }

  @Get('credentials')
  list(@Query() query: Record<string, unknown>, @Req() request: FastifyRequest) {
    return this.credentials.list(actingCustomer(request), readPage(query));
  }

  @Post('credentials')
  create(@Body() body: unknown, @Req() request: FastifyRequest) {
    return this.credentials.create(actingCustomer(request), validateNewCredential(body));
  }

  @Get('credentials/:id')
  show(@Param('id') id: string, @Req() request: FastifyRequest) {
    return this.credentials.show(actingCustomer(request), id);
  }

  @Delete('credentials/:id')
  revoke(@Param('id') id: string, @Req() request: FastifyRequest) {
    return this.credentials.revoke(actingCustomer(request), id);
  }
}
