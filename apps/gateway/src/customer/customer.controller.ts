import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import type { CustomerJson } from './customer.schema.js';
import { validateLimits, validateNewCustomer } from './customer.schema.js';
import { CustomerService, type CustomerWithBearer } from './customer.service.js';

const defaultPage = 100;
const largestPage = 500;

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
    return this.customers.list(
      { size: pageSize(query.limit), token: pageToken(query.page_token) },
      request.id,
    );
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

/** @throws DomainError bad_request */
export function pageSize(text: unknown): number {
  if (text === undefined) return defaultPage;
  const size = typeof text === 'string' && /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (size >= 1 && size <= largestPage) return size;
  throw new DomainError('bad_request', `limit must be a whole number from 1 to ${largestPage}.`, {
    details: { field: 'limit' },
  });
}

/** @throws DomainError bad_request */
export function pageToken(text: unknown): string {
  if (text === undefined) return '';
  // A token is a handle; a null octet in it, for example, could be none.
  if (typeof text === 'string' && /^[\x20-\x7e]{0,100}$/.test(text)) return text;
  throw new DomainError('bad_request', 'page_token is not one that this interface gave.', {
    details: { field: 'page_token' },
  });
}
