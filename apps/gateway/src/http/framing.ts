import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DomainError } from '#libs/errors';

/**
 * Checks what can be told of a request before its body is read.
 *
 * @throws DomainError bad_request without a Host (RFC 9112 §3.2); body_too_large for an announced length
 */
export function checkFraming(request: IncomingMessage, bodyLimit: number): void {
  if (announcedLength(request) > bodyLimit) {
    throw new DomainError('body_too_large', `The body is larger than ${bodyLimit} bytes.`);
  }
  if (request.headers.host === undefined && request.httpVersionMinor > 0) {
    throw new DomainError('bad_request', 'The request has no Host.');
  }
}

/**
 * Lets a client that asks first (`Expect: 100-continue`) send its body, unless that is too large already.
 * Any other expectation is ignored, as RFC 9110 §10.1.1 allows.
 */
export function answerExpectations(server: Server, bodyLimit: number): void {
  const serve = (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (announcedLength(request) <= bodyLimit) response.writeContinue();
    serve(request, response);
  });
  server.on('checkExpectation', serve);
}

/** In bytes; Node has made sure that Content-Length is a number. */
function announcedLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0);
}
