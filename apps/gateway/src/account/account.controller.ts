import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actingCustomer } from '../auth/acting-customer.js';
import { readPage } from '../http/page-query.js';
import { AccountService, readFilter } from './account.service.js';

/** What every credential may ask about its own customer. */
@Controller('v1')
export class AccountController {
  constructor(@Inject(AccountService) private readonly accounts: AccountService) {}

  @Get('whoami')
  whoami(@Req() request: FastifyRequest) {
    return this.accounts.whoami(actingCustomer(request));
  }

  @Get('usage')
  usage(@Req() request: FastifyRequest) {
    return this.accounts.usage(actingCustomer(request), request.id);
  }

  @Get('certificates')
  certificates(@Query() query: Record<string, unknown>, @Req() request: FastifyRequest) {
    return this.accounts.certificates(
      actingCustomer(request),
      { ...readPage(query), ...readFilter(query) },
      request.id,
    );
  }
}
