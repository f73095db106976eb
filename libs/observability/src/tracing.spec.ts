import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from './logger.js';
import { startTracing, withRequestSpan, withSpan } from './tracing.js';

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { code?: number };
}

/** A collector that keeps what it is sent (OTLP/HTTP in JSON). */
async function collector(): Promise<{
  url: string;
  spans: ExportedSpan[];
  services: string[];
  server: Server;
}> {
  const spans: ExportedSpan[] = [];
  const services: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString());
      for (const { resource, scopeSpans } of resourceSpans) {
        const named = (attribute: { key: string }) => attribute.key === 'service.name';
        services.push(resource.attributes.find(named).value.stringValue);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, services, server };
}

describe('traces', () => {
  it('are off by default, and work goes on', async () => {
    expect(await withSpan('mint', {}, async () => 7)).toBe(7);
    await expect(withSpan('mint', {}, () => Promise.reject(new RangeError('no')))).rejects.toThrow(
      RangeError,
    );
  });

  it('reach the collector as one trace across nested work, with errors and logs tied to it', async () => {
    const { url, spans, services, server } = await collector();
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('issuer', 'info', { write: (line) => void lines.push(JSON.parse(line)) });
    const tracing = await startTracing('issuer', url);
    await withSpan('mint', { batch: 2 }, async () => {
      await withSpan('sign', {}, async () => logger.info('signing'));
      await withSpan('record', {}, () => Promise.reject(new RangeError('no'))).catch(() => undefined);
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await withRequestSpan('called', { headers: { traceparent } }, {}, async () => undefined);
    await tracing.stop();
    server.close();

    expect(services).toEqual(['stackrunner-issuer']);
    expect(spans.map(({ name }) => name).sort()).toEqual(['called', 'mint', 'record', 'sign']);
    const called = spans.find(({ name }) => name === 'called');
    expect(called).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
    });
    const own = spans.filter((span) => span !== called);
    expect(new Set(own.map(({ traceId }) => traceId)).size).toBe(1);
    const mint = spans.find(({ name }) => name === 'mint');
    const sign = spans.find(({ name }) => name === 'sign');
    expect(sign?.parentSpanId).toBe(mint?.spanId);
    expect(spans.find(({ name }) => name === 'record')?.status.code).toBe(2);
    expect(lines[0]).toMatchObject({ trace_id: mint?.traceId, span_id: sign?.spanId });
  });
});
