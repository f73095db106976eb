import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Departure, SignInService } from './sign-in.service.js';

/** Sign-in and sign-out with a browser. */
@Controller('v1')
export class SignInController {
  constructor(@Inject(SignInService) private readonly signIns: SignInService) {}

  @Get('sign-in')
  providers(): SignInService['providers'] {
    return this.signIns.providers;
  }

  @Get('sign-in/callback')
  async finish(
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await depart(reply, await this.signIns.finish(query, request.headers.cookie));
  }

  @Get('sign-in/:provider')
  async begin(
    @Param('provider') provider: string,
    @Query('return_to') returnTo: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const place = typeof returnTo === 'string' ? returnTo : undefined;
    await depart(reply, await this.signIns.begin(provider, place, request.headers.host));
  }

  @Post('sign-out')
  @HttpCode(200)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ status: 'signed_out' }> {
    reply.header('set-cookie', await this.signIns.signOut(request.headers));
    return { status: 'signed_out' };
  }
}

async function depart(reply: FastifyReply, { location, cookies }: Departure): Promise<void> {
  await reply
    .code(303)
    .headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .header('set-cookie', [...cookies])
    .send();
}
