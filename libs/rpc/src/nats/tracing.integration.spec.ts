import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { BillingService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { recordingLogger, serveBilling } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';

describe('traces across NATS', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let server: NatsServer;

  beforeAll(async () => {
    provider.register();
    server = await startNatsServer();
  });

  afterAll(async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
    await server.dispose();
  });

  it('make the server’s span a child of the caller’s, and show a refusal', async () => {
    const logger = recordingLogger();
    const [billing, gateway] = await Promise.all([
      connectNats({ url: server.url, service: 'billing', logger }),
      connectNats({ url: server.url, service: 'gateway', logger }),
    ]);
    const app = await serveBilling(billing.rpc, {
      setLimits: async () => {
        throw new DomainError('bad_request', 'no');
      },
    });
    const client = gateway.rpc.client(BillingService);
    await trace.getTracer('test').startActiveSpan('request', async (root) => {
      await client.getEntitlement({});
      await client.setLimits({}).catch(() => undefined);
      root.end();
    });
    await app.close();
    await gateway.close();
    await billing.close();

    const spans = exporter.getFinishedSpans();
    const root = spans.find((span) => span.name === 'request');
    const find = (method: string, kind: SpanKind) =>
      spans.find(
        (span) => span.name === `stackrunner.billing.v1.BillingService/${method}` && span.kind === kind,
      );
    const called = find('GetEntitlement', SpanKind.CLIENT);
    const served = find('GetEntitlement', SpanKind.SERVER);
    expect(called?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId);
    expect(served?.parentSpanContext?.spanId).toBe(called?.spanContext().spanId);
    expect(served?.spanContext().traceId).toBe(root?.spanContext().traceId);
    expect(called?.attributes).toMatchObject({ 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0 });
    const refused = find('SetLimits', SpanKind.SERVER);
    expect(refused?.attributes).toMatchObject({ 'rpc.grpc.status_code': 3 });
    expect(refused?.status.message).toBe('bad_request');
  });
});
