import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import { type PageFile, PageFiles } from './page-files.js';
import { pageHeaders } from './page-headers.js';

/** Files whose names change with their content. */
const forEver = 'public, max-age=31536000, immutable';

/** The account pages: one document, and the files that it names. */
@Controller()
export class PagesController {
  constructor(@Inject(PageFiles) private readonly files: PageFiles) {}

  @Get()
  async home(@Res() reply: FastifyReply): Promise<void> {
    await reply.code(303).headers({ location: '/dashboard' }).send();
  }

  @Get('dashboard')
  async dashboard(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await send(request, reply, { file: this.files.document, cacheControl: 'no-cache' });
  }

  @Get('dashboard/:page')
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await send(request, reply, { file: this.files.document, cacheControl: 'no-cache' });
  }

  @Get('dashboard/assets/:file')
  async asset(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(request, reply, { file: this.files.asset(name), cacheControl: forEver });
  }
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, cacheControl }: { readonly file: PageFile | undefined; readonly cacheControl: string },
): Promise<void> {
  if (file === undefined) throw new DomainError('bad_path', 'There is nothing at this path.');
  const compressed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  reply.headers({
    ...pageHeaders,
    'cache-control': cacheControl,
    'content-type': file.type,
    vary: 'accept-encoding',
    ...(compressed && { 'content-encoding': 'gzip' }),
  });
  await reply.send(compressed ? file.gzip : file.plain);
}
