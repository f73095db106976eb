import { Logger } from '@nestjs/common';

/** The part of a pino logger that this library uses. */
export interface RpcLogger {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

/** For processes that bring no logger of their own, such as tests. */
export function fallbackLogger(): RpcLogger {
  const logger = new Logger('rpc');
  return {
    error: (facts, message) => logger.error(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    info: (facts, message) => logger.log(facts, message),
  };
}
