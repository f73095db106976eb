import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { refused } from '../auth/bearer.authenticator.js';
import type { OwnerPrincipal } from '../auth/principal.js';
import type { SignedIn } from '../session/session.service.js';
import { type AccountJson, validateSignUp, type WhoJson } from './sign-up.schema.js';
import { SignUpService } from './sign-up.service.js';

/** What a signed-in person does with its account. Who comes here has shown a session or an identity token. */
@Controller('v1')
export class SignUpController {
  constructor(@Inject(SignUpService) private readonly signUps: SignUpService) {}

  @Post('signup')
  signUp(@Body() body: unknown, @Req() request: FastifyRequest): Promise<AccountJson> {
    return this.signUps.signUp(signedIn(request), validateSignUp(body), request.id);
  }

  @Post('bearer/claim')
  @HttpCode(200)
  claimBearer(@Req() request: FastifyRequest): Promise<{ handle: string; bearer: string }> {
    return this.signUps.claimBearer(owner(request), request.id);
  }

  @Get('account')
  who(@Req() request: FastifyRequest): Promise<WhoJson> {
    return this.signUps.who(signedIn(request), request.id);
  }
}

function signedIn({ principal }: FastifyRequest): SignedIn {
  if (principal?.kind === 'owner' || principal?.kind === 'visitor') return principal;
  throw refused();
}

function owner({ principal }: FastifyRequest): OwnerPrincipal {
  if (principal?.kind === 'owner') return principal;
  throw refused();
}
