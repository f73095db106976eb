import { DomainError, errorCode } from '#libs/errors';

/** SQLSTATE codes that mean that the database cannot serve now (PostgreSQL, appendix A). */
const unavailableStates = new Set([
  '25006', // read_only_sql_transaction: a standby after a failover
  '53000', // insufficient_resources
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '58030', // io_error
]);

/** Errors of the socket and the resolver, by Node's codes. */
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // the socket of a server that is down
]);

/** node-postgres says these in words only. */
const unavailableWords = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
  'Driver not Connected',
];

/** Whether an error says that PostgreSQL cannot be used at the moment, rather than that a statement is wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!isErrorLike(error)) return false;
  const code = errorCode(error) ?? '';
  if (unavailableStates.has(code) || code.startsWith('08') || unavailableCodes.has(code)) return true;
  if (unavailableWords.some((words) => error.message.includes(words))) return true;
  // Several addresses were tried; or TypeORM, or we, wrapped what the driver said.
  const inner = [...(error.errors ?? []), error.driverError, error.cause];
  return inner.some((each) => each !== error && isUnavailable(each));
}

/** `storage_unavailable` for everything that passes when PostgreSQL recovers; any other error as it is. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError || !isUnavailable(error)) return error;
  return new DomainError('storage_unavailable', 'The database cannot serve this request at the moment.', {
    cause: error,
  });
}

/** The SQLSTATE of an error of PostgreSQL, also from within TypeORM's; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!isErrorLike(error)) return undefined;
  if (error.driverError && error.driverError !== error) return sqlState(error.driverError);
  const code = errorCode(error) ?? '';
  return /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

interface ErrorLike {
  readonly message: string;
  readonly errors?: readonly unknown[];
  readonly driverError?: unknown;
  readonly cause?: unknown;
}

function isErrorLike(error: unknown): error is ErrorLike {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}
