export { DomainError, type ErrorDetails } from './domain-error.js';
export { errorCode } from './error-code.js';
export {
  type ErrorCode,
  type ErrorRow,
  errors,
  isErrorCode,
  type RpcStatus,
  rpcStatus,
} from './error-table.js';
