import type { Socket } from 'node:net';
import type { ConnectionError } from 'fastify';
import { DomainError } from '#libs/errors';
import { toProblem } from '../problem/problem.js';
import { requestId } from './request-id.js';

/** What Node says of input that is no HTTP request (errors of llhttp and of its timers). */
const words: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', 'The headers of the request are too large.'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'The request did not arrive in time.'],
]);

/** Answers what never became a request: the one envelope, then the end of the connection. */
export function answerConnectionError(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = words.get(error.code) ?? 'This is not an HTTP request.';
  const id = requestId({ headers: {} });
  const { body } = toProblem(new DomainError('bad_request', message), id);
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
