import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the revocation service's listener would say, and a way to take it away. */
export interface StatusDouble {
  readonly url: string;
  /** From now on, connections are cut. */
  isDown: boolean;
  /** What came: method, path, content type and body. */
  readonly requests: { method: string; url: string; type: string | undefined; body: string }[];
  close(): Promise<void>;
}

const caching = {
  etag: '"one"',
  'cache-control': 'public, max-age=60',
  'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
};

export function startStatusDouble(): Promise<StatusDouble> {
  const server = createServer((request, response) => {
    if (double.isDown) return void request.socket.destroy();
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      double.requests.push({ method, url, type: headers['content-type'], body });
      const isCrl = url.endsWith('.crl');
      if (url.endsWith('/none.crl')) response.writeHead(404).end();
      else if (headers['if-none-match'] === '"one"') response.writeHead(304, caching).end();
      else {
        const type = isCrl ? 'application/pkix-crl' : 'application/ocsp-response';
        response.writeHead(200, { ...caching, 'content-type': type }).end(isCrl ? 'a CRL' : 'a response');
      }
    });
  });
  const double = {
    url: '',
    isDown: false,
    requests: [] as StatusDouble['requests'],
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      double.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      resolve(double);
    });
  });
}
