import type { IncomingMessage } from 'node:http';

/** What is still read of a body that was refused, so that its sender gets to read the answer. */
const octets = 8 * 1024 * 1024;
const milliseconds = 2_000;

/**
 * Closes the connection of a request whose body is too large, but not at once: data that arrives at a closed
 * connection resets it, and the client would lose the answer.
 */
export function closeLingering(request: IncomingMessage): void {
  const { socket } = request;
  let left = octets;
  const end = () => socket.destroy();
  const timer = setTimeout(end, milliseconds).unref();
  socket.once('close', () => clearTimeout(timer));
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.once('end', () => socket.end());
  request.resume();
}
