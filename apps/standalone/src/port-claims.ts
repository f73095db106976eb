import { createServer, type Server } from 'node:net';
import { StartError } from '#libs/config';

/** Ports that are held from the moment they are chosen until those who listen on them are started. */
export class PortClaims {
  private readonly held: Server[] = [];

  /**
   * Finds out before anything else is started whether an address can be listened on, and keeps it from others.
   *
   * @param port 0 takes a free one
   * @returns the port
   * @throws StartError when the port is in use or the address is not this machine's
   */
  claim(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      // Who asks already, a probe for one, must not be kept waiting for an answer nor keep release() from ending.
      const holder = createServer((socket) => socket.resetAndDestroy());
      holder.once('error', (error: NodeJS.ErrnoException) =>
        reject(new StartError(sentence(error, host, port))),
      );
      holder.listen(port, host, () => {
        this.held.push(holder);
        const address = holder.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** The port, or a free one where it is taken: for what the gateway or a person finds by itself. */
  claimOrFree(host: string, port: number): Promise<number> {
    return this.claim(host, port).catch(() => this.claim(host, 0));
  }

  /** Lets go of all: whoever listens does so at once. */
  async release(): Promise<void> {
    await Promise.all(
      this.held.splice(0).map((holder) => new Promise<void>((resolve) => holder.close(() => resolve()))),
    );
  }
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
