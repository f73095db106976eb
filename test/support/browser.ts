import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { chromiumPath } from './chromium-path.js';

/** A finding of axe, as short as a failed test shall show it. */
export interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly string[];
}

/** Chromium with one page; everything that it sends is recorded. */
export class TestBrowser {
  /** Every request so far, with its body. */
  readonly requests: Request[] = [];
  /** What the browser complained of: refused by the policy, or failed in a script. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async start(): Promise<TestBrowser> {
    const { chromium } = await import('playwright-core');
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
      ],
    });
    const context = await browser.newContext({ acceptDownloads: true });
    const started = new TestBrowser(browser, context, await context.newPage());
    started.page.setDefaultTimeout(30_000);
    context.on('request', (request) => started.requests.push(request));
    started.page.on('console', (message) => {
      // A refused request is one of the things that pages show; its line in the console is the browser's own.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        started.complaints.push(message.text());
      }
    });
    started.page.on('pageerror', (error) => started.complaints.push(String(error)));
    return started;
  }

  /** What axe finds on the page as it is now (WCAG 2.2 A and AA, and best practices). */
  async axe(): Promise<readonly AxeFinding[]> {
    const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await this.page.evaluate(source);
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
    });
  }

  /** Everything that left the browser: addresses, headers and bodies. */
  async sent(): Promise<string> {
    const parts = await Promise.all(
      this.requests.map(async (request) => {
        const headers = await request.allHeaders().catch(() => request.headers());
        return [request.method(), request.url(), JSON.stringify(headers), request.postData() ?? ''].join(
          '\n',
        );
      }),
    );
    return parts.join('\n');
  }

  stop(): Promise<void> {
    return this.browser.close();
  }
}
