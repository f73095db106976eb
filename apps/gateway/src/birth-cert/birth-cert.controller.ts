import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import type { OwnerPrincipal } from '../auth/principal.js';
import type { CustomerJson } from '../customer/customer.schema.js';
import { CustomerService } from '../customer/customer.service.js';
import { type BirthCertJson, validateBirthCertBody } from './birth-cert.schema.js';
import { BirthCertService } from './birth-cert.service.js';

@Controller('v1')
export class BirthCertController {
  constructor(
    @Inject(BirthCertService) private readonly births: BirthCertService,
    @Inject(CustomerService) private readonly customers: CustomerService,
  ) {}

  @Post('birth-cert')
  issue(@Body() body: unknown, @Req() request: FastifyRequest): Promise<BirthCertJson> {
    return this.births.issue(ownerOf(request), validateBirthCertBody(body), request.id);
  }

  @Get('birth-cert')
  show(@Req() request: FastifyRequest): Promise<BirthCertJson> {
    return this.births.show(ownerOf(request));
  }

  @Post('admin/customers/:handle/reset-birth-cert')
  @HttpCode(200)
  async reset(@Param('handle') handle: string, @Req() { id }: FastifyRequest): Promise<CustomerJson> {
    await this.births.reset(handle);
    return this.customers.show(handle, id);
  }
}

function ownerOf({ principal }: FastifyRequest): OwnerPrincipal {
  if (principal?.kind !== 'owner') throw new DomainError('internal', 'Nobody owns this request.');
  return principal;
}
