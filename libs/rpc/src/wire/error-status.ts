import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ErrorSchema } from '#libs/contracts';
import { DomainError, type ErrorCode, type ErrorDetails, errors, isErrorCode, rpcStatus } from '#libs/errors';
import { percentDecode, percentEncode } from './percent-encoding.js';

export const statusHeader = 'grpc-status';
export const messageHeader = 'grpc-message';
export const errorHeader = 'stackrunner-error-bin';

/** The headers of a refusal: the status for any gRPC client, the domain error for those that know it. */
export function errorHeaders(error: DomainError): Record<string, string> {
  const body = create(ErrorSchema, {
    code: error.code,
    message: error.message,
    detailsJson: Object.keys(error.details).length === 0 ? '' : JSON.stringify(error.details, plainNumbers),
  });
  return {
    [statusHeader]: String(rpcStatus[errors[error.code].rpc]),
    [messageHeader]: percentEncode(error.message),
    [errorHeader]: Buffer.from(toBinary(ErrorSchema, body)).toString('base64'),
  };
}

/** The domain error in a reply's headers, or undefined when the reply is an answer. */
export function errorOf(header: (name: string) => string | undefined): DomainError | undefined {
  const status = header(statusHeader);
  if (status === '0') return undefined;
  const error = readError(header(errorHeader));
  if (error !== undefined) return error;
  const message = percentDecode(header(messageHeader) ?? 'The service answered without a status.');
  return new DomainError(codeOfStatus(Number(status)), message);
}

/** A server of another kind, or of a later version, sends statuses without a code that we know. */
function codeOfStatus(status: number): ErrorCode {
  if (status === rpcStatus.DEADLINE_EXCEEDED) return 'deadline_exceeded';
  if (status === rpcStatus.RESOURCE_EXHAUSTED) return 'overloaded';
  if (status === rpcStatus.UNAVAILABLE) return 'service_unavailable';
  if (status === rpcStatus.INVALID_ARGUMENT) return 'bad_request';
  return 'internal';
}

/** Undefined for what another server may have sent under our header's name. */
function readError(encoded: string | undefined): DomainError | undefined {
  if (encoded === undefined) return undefined;
  try {
    const { code, message, detailsJson } = fromBinary(ErrorSchema, Buffer.from(encoded, 'base64'));
    return isErrorCode(code)
      ? new DomainError(code, message, { details: parseDetails(detailsJson) })
      : undefined;
  } catch {
    return undefined;
  }
}

function parseDetails(json: string): ErrorDetails {
  if (json === '') return {};
  const parsed: unknown = JSON.parse(json);
  return typeof parsed === 'object' && parsed !== null ? (parsed as ErrorDetails) : {};
}

/** Protobuf's 64-bit integers are bigint here, which JSON does not know. */
function plainNumbers(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
