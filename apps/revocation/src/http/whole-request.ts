import { IncomingMessage } from 'node:http';
import { longestRequest } from './ocsp-path.js';

const nothing = Buffer.alloc(0);

/**
 * A request whose body can be had as a whole, in the moment its last octet is parsed: that of OCSP is one chunk of some
 * hundred octets, and to stream it costs more than to answer it.
 */
export class WholeRequest extends IncomingMessage {
  #then: ((body: Buffer) => void) | undefined;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  /**
   * In place of reading it as a stream.
   *
   * @param then gets the body; nothing for one that is too long, which is malformed too
   */
  whole(then: (body: Buffer) => void): void {
    this.#then = then;
  }

  /** Node's parser calls it with each chunk, and with null at the end. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (!this.#then) return super.push(chunk, encoding);
    if (chunk === null) {
      const [first = nothing] = this.#chunks;
      const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
      this.#then(this.#length > longestRequest ? nothing : body);
      return true;
    }
    this.#length += chunk.length;
    if (this.#length <= longestRequest) this.#chunks.push(chunk);
    else if (this.#length > 4 * longestRequest) this.destroy();
    return true;
  }
}
