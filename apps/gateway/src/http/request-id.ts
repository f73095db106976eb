import type { IncomingMessage } from 'node:http';
import { randomSecret } from '#libs/x509';

const sane = /^[A-Za-z0-9._:/+=-]{1,128}$/;
const prefix = randomSecret().replaceAll(/[-_]/g, '').slice(0, 10);
let count = 0;

/** The id that a request brings, when it is fit for a log line; else a new one, unique across processes. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const brought = request.headers['x-request-id'];
  if (typeof brought === 'string' && sane.test(brought)) return brought;
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}
