import { type LoadResult, wrk } from './wrk.js';

export interface OcspLoad {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** In DER. */
  readonly requests: readonly Buffer[];
  readonly seconds: number;
}

/** Asks an OCSP responder over 32 connections, known requests in turn. @throws when any answer was not 2xx */
export function ocspLoad({ origin, path, method, requests, seconds }: OcspLoad): Promise<LoadResult> {
  const isGet = method === 'GET';
  return wrk(origin, {
    requests: requests.map((der) =>
      isGet
        ? { method, path: `${path}/${encodeURIComponent(der.toString('base64'))}` }
        : { method, path, body: der },
    ),
    headers: isGet ? {} : { 'content-type': 'application/ocsp-request' },
    ...{ connections: 32, seconds },
  });
}
