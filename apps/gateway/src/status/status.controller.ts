import { Controller, Get, Inject } from '@nestjs/common';
import { DomainError } from '#libs/errors';
import type { HealthReport } from '#libs/service';
import { type StatusJson, StatusService } from './status.service.js';

/** Injection token of the function that says whether the gateway is ready. */
export const readiness = Symbol('readiness');

/** Whether the gateway, and the product behind it, works. */
@Controller()
export class StatusController {
  constructor(
    @Inject(StatusService) private readonly statuses: StatusService,
    @Inject(readiness) private readonly ready: () => Promise<HealthReport>,
  ) {}

  /** The process lives. */
  @Get('health')
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Requests can be served. */
  @Get('ready')
  async readyNow(): Promise<{ status: 'ok' } & Pick<HealthReport, 'checks'>> {
    const { ready, checks } = await this.ready();
    if (ready) return { status: 'ok', checks };
    throw new DomainError('service_unavailable', 'The gateway is not ready.', { details: { checks } });
  }

  @Get('v1/admin/status')
  status(): Promise<StatusJson> {
    return this.statuses.status(this.ready);
  }
}
