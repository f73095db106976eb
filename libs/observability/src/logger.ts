import { type DestinationStream, type Logger, pino } from 'pino';
import { hideSecrets } from './hide-secrets.js';
import { spanFields } from './tracing.js';

export type { Logger } from 'pino';

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
    formatters: { level: (label: string) => ({ level: label }), log: hideSecrets },
    // An error may carry what it failed on.
    serializers: { err: (error: Error) => hideSecrets(pino.stdSerializers.err(error)) },
    mixin: spanFields,
  };
  return hidingChildren(destination ? pino(settings, destination) : pino(settings));
}

/** pino applies no formatter to the fields of children. Descendants inherit the method. */
function hidingChildren(logger: Logger): Logger {
  const { child } = logger;
  logger.child = function hiding<L extends string = never>(
    this: Logger,
    bindings: pino.Bindings,
    options?: pino.ChildLoggerOptions<L>,
  ): Logger<L> {
    return child.call<Logger, [pino.Bindings, pino.ChildLoggerOptions<L> | undefined], Logger<L>>(
      this,
      hideSecrets(bindings),
      options,
    );
  };
  return logger;
}
