import { type DestinationStream, type Logger, pino } from 'pino';
import { spanFields } from './tracing.js';

export type { Logger } from 'pino';

/**
 * Property names whose values never reach a log, at the top of a line's fields and one and two levels below.
 * Private keys and bearers are secrets; certificate requests are a customer's own business and large.
 */
const hidden = [
  'authorization',
  'bearer',
  'cookie',
  'csr',
  'csrs',
  'csr_pems',
  'key_pem',
  'operatorToken',
  'passphrase',
  'password',
  'privateKey',
  'secret',
  'token',
];

/**
 * A JSON logger that names its service and hides secrets. Child loggers of a request carry `request_id`; lines
 * within a span carry its `trace_id`.
 *
 * @param destination default: standard output
 */
export function createLogger(service: string, level = 'info', destination?: DestinationStream): Logger {
  const settings = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: spanFields,
    redact: {
      paths: hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[hidden]',
    },
  };
  return destination ? pino(settings, destination) : pino(settings);
}

/** The logger of one request. */
export function requestLogger(logger: Logger, requestId: string): Logger {
  return logger.child({ request_id: requestId });
}
