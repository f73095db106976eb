import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** How long clients with a connection have to learn, from an answer, that it ends; in milliseconds. */
const farewellMs = 300;
/** When even the slowest request must have been answered, in milliseconds. */
const longestMs = 15_000;

/**
 * Ends a listener that already says `connection: close` with every answer: busy connections end by
 * themselves, then idle ones are closed, and requests in hand are answered.
 */
export async function drain(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  await connectionsGone(() => countConnections(server));
  const force = setTimeout(() => server.closeAllConnections(), longestMs);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}

type HttpServer = ReturnType<NestFastifyApplication['getHttpServer']>;

function countConnections(server: HttpServer): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error: Error | null, count: number) => resolve(error === null ? count : 0));
  });
}

async function connectionsGone(count: () => Promise<number>): Promise<void> {
  const until = performance.now() + farewellMs;
  while (performance.now() < until && (await count()) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
