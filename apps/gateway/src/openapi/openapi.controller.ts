import { Controller, Get, Header, Inject } from '@nestjs/common';
import { PublicUrls } from '../http/public-urls.js';
import { openApiDocument } from './document.js';
import { operations } from './operations.js';

/** Injection token of the product's version. */
export const versionToken = Symbol('version');

@Controller()
export class OpenApiController {
  constructor(
    @Inject(PublicUrls) private readonly urls: PublicUrls,
    @Inject(versionToken) private readonly version: string,
  ) {}

  @Get('openapi.json')
  @Header('access-control-allow-origin', '*')
  @Header('cache-control', 'public, max-age=300')
  document(): Record<string, unknown> {
    return openApiDocument({ operations, version: this.version, server: this.urls.base });
  }
}
