import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { StartError } from '#libs/config';
import { answerConnectionError } from './connection-error.js';
import { answerExpectations } from './framing.js';

export interface MutualTlsSettings {
  readonly host: string;
  readonly port: number;
  /** PEM files. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly bodyLimit: number;
}

/** SSL_OP_NO_TICKET and SSL_OP_NO_RENEGOTIATION of OpenSSL 1.1.1 and 3 (openssl/ssl.h). */
const noTicket = 1 << 14;
const noRenegotiation = 1 << 30;
/** When even the slowest request must have been answered, in milliseconds. */
const longestMs = 15_000;

export interface MutualTlsListener {
  /** For example `https://127.0.0.1:8443`. */
  readonly url: string;
  /** Accepts no more connections, and resolves when those that there are have ended. */
  close(): Promise<void>;
}

/**
 * The second listener: the same routes over TLS, where a client may show a certificate. TLS lets any certificate
 * in whose key the client holds; whose it is, is the business of authentication, which answers in the envelope.
 *
 * Sessions are not resumed: each connection shows its certificate.
 *
 * @param http whose routes it serves
 * @throws StartError when a file cannot be read or used, or the port is taken
 */
export async function listenMutualTls(
  http: HttpServer,
  settings: MutualTlsSettings,
): Promise<MutualTlsListener> {
  const { host, port, bodyLimit } = settings;
  const server = open(settings);
  server.requestTimeout = http.requestTimeout;
  server.keepAliveTimeout = http.keepAliveTimeout;
  server.on('request', (request, response) => http.emit('request', request, response));
  server.on('clientError', answerConnectionError);
  answerExpectations(server, bodyLimit);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new StartError(`mutual TLS: ${cause.message}`)));
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), longestMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function open({ certFile, keyFile }: MutualTlsSettings): Server {
  if (certFile === undefined || keyFile === undefined) {
    throw new StartError('STACKRUNNER_MTLS_PORT needs STACKRUNNER_MTLS_CERT and STACKRUNNER_MTLS_KEY');
  }
  try {
    return createServer({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      requestCert: true,
      rejectUnauthorized: false,
      secureOptions: noTicket | noRenegotiation,
      // Node's own refusal would not be in the envelope; see checkFraming.
      requireHostHeader: false,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`the certificate of mutual TLS cannot be used: ${reason}`);
  }
}
