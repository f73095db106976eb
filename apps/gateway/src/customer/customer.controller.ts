import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readPage } from '../http/page-query.js';
import type { CustomerJson } from './customer.schema.js';
import { validateLimits, validateNewCustomer, validatePlan } from './customer.schema.js';
import { CustomerService, type CustomerWithBearer } from './customer.service.js';

/** The operator's customers. Who comes here has shown the operator's token. */
@Controller('v1/admin/customers')
export class CustomerController {
  constructor(@Inject(CustomerService) private readonly customers: CustomerService) {}

  @Post()
  create(@Body() body: unknown, @Req() request: FastifyRequest): Promise<CustomerWithBearer> {
    return this.customers.create(validateNewCustomer(body), request.id);
  }

  @Get()
  list(@Query() query: Record<string, unknown>, @Req() request: FastifyRequest): Promise<unknown> {
    return this.customers.list(readPage(query), request.id);
  }

  @Get(':handle')
  show(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CustomerJson> {
    return this.customers.show(handle, request.id);
  }

  @Post(':handle/suspend')
  @HttpCode(200)
  suspend(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CustomerJson> {
    return this.customers.suspend(handle, request.id);
  }

  @Post(':handle/resume')
  @HttpCode(200)
  resume(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CustomerJson> {
    return this.customers.resume(handle, request.id);
  }

  @Post(':handle/promote')
  @HttpCode(200)
  promote(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CustomerJson> {
    return this.customers.promote(handle, request.id);
  }

  @Put(':handle/plan')
  setPlan(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<CustomerJson> {
    return this.customers.setPlan(handle, validatePlan(body), request.id);
  }

  @Post(':handle/rotate-bearer')
  @HttpCode(200)
  rotateBearer(@Param('handle') handle: string, @Req() request: FastifyRequest): Promise<CustomerWithBearer> {
    return this.customers.rotateBearer(handle, request.id);
  }

  @Put(':handle/limits')
  setLimits(
    @Param('handle') handle: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<CustomerJson> {
    return this.customers.setLimits(handle, validateLimits(body), request.id);
  }
}
