import { Body, Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { refused } from '../auth/bearer.authenticator.js';
import { validateDeviceAnswer, validateRedeem } from './device.schema.js';
import { type DeviceAnswer, type DeviceLogin, DeviceService } from './device.service.js';

/** Sign-in of a command line. */
@Controller('v1/device')
export class DeviceController {
  constructor(@Inject(DeviceService) private readonly devices: DeviceService) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  begin(): Promise<DeviceLogin> {
    return this.devices.begin();
  }

  @Post('answer')
  @HttpCode(200)
  async answer(
    @Body() body: unknown,
    @Req() { principal }: FastifyRequest,
  ): Promise<{ status: 'approved' | 'denied' }> {
    if (principal?.kind !== 'owner' && principal?.kind !== 'visitor') throw refused();
    const { user_code: code, approve } = validateDeviceAnswer(body);
    await this.devices.answer(principal, code, approve);
    return { status: approve ? 'approved' : 'denied' };
  }

  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  redeem(@Body() body: unknown): Promise<DeviceAnswer> {
    return this.devices.redeem(validateRedeem(body).device_code);
  }
}
