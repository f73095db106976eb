import type { ServerResponse } from 'node:http';

/**
 * Writes an answer to its connection with one system call, and tells Node's server that it is done: what the server
 * does to assemble headers and to gather pieces costs as much as all the rest of a short answer.
 *
 * @param text gives the answer with its status line, as latin1, for a connection that stays open
 * @returns false where the answer must take the usual way: the connection is to be closed, or it is another's turn
 */
export function sendAtOnce(response: ServerResponse, text: () => string): boolean {
  const { socket } = response;
  // Of requests that came one behind the other, only the first has the connection.
  if (!socket?.writable || !response.shouldKeepAlive || response.headersSent) return false;
  socket.write(text(), 'latin1');
  response.emit('finish');
  return true;
}
