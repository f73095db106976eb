import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { DomainError } from '#libs/errors';
import { CustomerDirectory } from '../customer/customer.directory.js';
import { tierOf } from '../customer/customer.presenter.js';
import { readPage } from '../http/page-query.js';
import { validateNewCredential } from './credential.schema.js';
import { CredentialService, type Owner } from './credential.service.js';

/** Scoped credentials of any customer, for the operator. */
@Controller('v1/admin/customers/:handle/credentials')
export class OperatorCredentialController {
  constructor(
    @Inject(CredentialService) private readonly credentials: CredentialService,
    @Inject(CustomerDirectory) private readonly directory: CustomerDirectory,
  ) {}

  @Post()
  async seed(@Param('handle') handle: string, @Body() body: unknown) {
    return this.credentials.create(await this.owner(handle), validateNewCredential(body));
  }

  @Get()
  async list(@Param('handle') handle: string, @Query() query: Record<string, unknown>) {
    return this.credentials.list(await this.owner(handle), readPage(query));
  }

  @Delete(':id')
  async revoke(@Param('handle') handle: string, @Param('id') id: string) {
    return this.credentials.revoke(await this.owner(handle), id);
  }

  /** A customer whose tier has scoped credentials. */
  private async owner(handle: string): Promise<Owner> {
    const customer = await this.directory.fresh(handle);
    if (tierOf(customer) === 'dev') return { customerId: customer.id, handle };
    throw new DomainError('bad_request', `${handle} is on the Free tier, which has no scoped credentials.`);
  }
}
