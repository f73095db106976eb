import { createServer } from 'node:net';
import { StartError } from '#libs/config';

/**
 * Finds out before anything else is started whether an address can be listened on.
 *
 * @param port 0 takes a free one
 * @returns the port
 * @throws StartError when the port is in use or the address is not this machine's
 */
export function claimPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(sentence(error, host, port))),
    );
    probe.listen(port, host, () => {
      const address = probe.address();
      const claimed = typeof address === 'object' && address ? address.port : port;
      probe.close(() => resolve(claimed));
    });
  });
}

/** The port, or a free one where it is taken: for what the gateway or a person finds by itself. */
export function claimOrFree(host: string, port: number): Promise<number> {
  return claimPort(host, port).catch(() => claimPort(host, 0));
}

function sentence(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use: stop what listens there, or set STACKRUNNER_PORT to another one.`;
  }
  return `Cannot listen on ${host}:${port} (${error.code ?? error.message}); see STACKRUNNER_HOST and STACKRUNNER_PORT.`;
}

/** The base URL of an HTTP listener. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
