import type { DescMethod } from '@bufbuild/protobuf';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { DomainError, errors, rpcStatus } from '#libs/errors';

const tracer = trace.getTracer('stackrunner.rpc');

/** W3C trace context headers of the current span; nothing when tracing is off. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** Runs one call as a client span, so that the server's span becomes its child. */
export function asClient<T>(method: DescMethod, work: () => Promise<T>): Promise<T> {
  return inSpan(method, SpanKind.CLIENT, context.active(), work);
}

/** Runs one handler as a server span under the caller's trace context. */
export function asServer<T>(
  method: DescMethod,
  headers: ReadonlyMap<string, string>,
  work: () => Promise<T>,
) {
  const parent = propagation.extract(context.active(), headers, {
    get: (carrier, key) => carrier.get(key),
    keys: (carrier) => [...carrier.keys()],
  });
  return inSpan(method, SpanKind.SERVER, parent, work);
}

/** Attributes as in OpenTelemetry's semantic conventions for RPC. */
async function inSpan<T>(
  method: DescMethod,
  kind: SpanKind,
  parent: ReturnType<typeof context.active>,
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(`${method.parent.typeName}/${method.name}`, { kind }, parent);
  if (!span.isRecording()) return context.with(trace.setSpan(parent, span), work);
  span.setAttributes({
    'rpc.system': 'grpc',
    'rpc.service': method.parent.typeName,
    'rpc.method': method.name,
    'network.transport': 'nats',
  });
  try {
    const result = await context.with(trace.setSpan(parent, span), work);
    span.setAttribute('rpc.grpc.status_code', 0);
    return result;
  } catch (error) {
    fail(span, DomainError.from(error));
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: DomainError): void {
  span.setAttribute('rpc.grpc.status_code', rpcStatus[errors[error.code].rpc]);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
}
