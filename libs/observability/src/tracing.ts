import {
  type Attributes,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

export interface Tracing {
  /** Sends what is still in memory, and ends. */
  stop(): Promise<void>;
}

/** Set while traces are on. */
let tracer: Tracer | undefined;

/**
 * Turns traces on for this process: spans go in batches to an OpenTelemetry collector (OTLP over HTTP, path
 * `/v1/traces` below the endpoint). The SDK is loaded only then.
 */
export async function startTracing(service: string, endpoint: string): Promise<Tracing> {
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `stackrunner-${service}` }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }))],
  });
  provider.register();
  tracer = trace.getTracer('stackrunner');
  return {
    async stop() {
      tracer = undefined;
      // A collector that is away must not keep a service from stopping.
      await provider.shutdown().catch(() => undefined);
    },
  };
}

/** Runs work as a span of the current trace. Without tracing it only runs the work. */
export async function withSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!tracer) return work();
  return tracer.startActiveSpan(name, { attributes }, (span) => recorded(span, work));
}

/**
 * Runs work as the span of a request that came in over HTTP: part of the caller's trace where its headers name one
 * (W3C Trace Context).
 */
export async function withRequestSpan<T>(
  name: string,
  request: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  if (!tracer) return work();
  const parent = propagation.extract(context.active(), request.headers);
  return tracer.startActiveSpan(name, { attributes, kind: SpanKind.SERVER }, parent, (span) =>
    recorded(span, work),
  );
}

async function recorded<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
    throw error;
  } finally {
    span.end();
  }
}

/** What a log line says about the span that it was written in. */
export function spanFields(): Record<string, string> {
  const context = tracer && trace.getActiveSpan()?.spanContext();
  return context ? { trace_id: context.traceId, span_id: context.spanId } : {};
}
