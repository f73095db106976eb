import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import { AuditTrailService, type TrailPageJson, type TrailPageWish } from './audit-trail.service.js';

const defaultPage = 100;
const largestPage = 1_000;

/** Audit trails, for the operator and for a customer's owner. */
@Controller()
export class AuditController {
  constructor(@Inject(AuditTrailService) private readonly trails: AuditTrailService) {}

  @Get('v1/admin/customers/:handle/audit')
  ofCustomer(
    @Param('handle') handle: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ): Promise<TrailPageJson> {
    return this.trails.readByHandle(handle, pageWish(query), request.id);
  }

  @Get('v1/audit')
  async mine(
    @Query() query: Record<string, unknown>,
    @Req() { principal, id }: FastifyRequest,
  ): Promise<TrailPageJson> {
    if (principal?.kind !== 'owner') throw new DomainError('internal', 'Nobody owns this request.');
    return this.trails.read(principal, pageWish(query), id);
  }
}

function pageWish({ after = '0', limit = String(defaultPage) }: Record<string, unknown>): TrailPageWish {
  return {
    after: numberIn('after', after, { from: 0, to: Number.MAX_SAFE_INTEGER }),
    limit: numberIn('limit', limit, { from: 1, to: largestPage }),
  };
}

function numberIn(name: string, text: unknown, { from, to }: { from: number; to: number }): number {
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new DomainError('bad_request', `${name} must be a number from ${from} to ${to}.`);
}
