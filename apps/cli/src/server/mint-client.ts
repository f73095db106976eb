import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { handleInPath, type ServerAnswer, ServerClient, type ServerRequest } from './server-client.js';

/** Milliseconds between a request that was lost and its one repetition. */
const RETRY_AFTER_MS = 1_000;

export interface MintOrder {
  readonly handle: string;
  readonly bearer: string;
  readonly idempotencyKey: string;
  readonly csrPems: readonly string[];
  /** As the user wrote it; the server knows the forms. */
  readonly ttl: string;
}

/** The mint interface of one customer. */
export class MintClient {
  private readonly server: ServerClient;

  constructor(private readonly context: CliContext) {
    this.server = new ServerClient(context);
  }

  /**
   * Mints one batch and returns the answer's body as the server sent it.
   *
   * A lost connection or a 503 is tried once more. The key makes that safe: when the first request
   * did arrive, the second gets its answer and mints nothing.
   */
  async mint(order: MintOrder): Promise<string> {
    const request: ServerRequest = {
      method: 'POST',
      path: `/${handleInPath(order.handle)}/mint`,
      token: order.bearer,
      headers: { 'idempotency-key': order.idempotencyKey },
      body: { version: 'v1', csr_pems: order.csrPems, ttl: order.ttl },
    };
    const answer = await this.sendTwice(request);
    return answer.text;
  }

  private async sendTwice(request: ServerRequest): Promise<ServerAnswer> {
    try {
      return await this.server.send(request);
    } catch (thrown) {
      if (!mayPass(thrown)) throw thrown;
      await this.context.sleep(RETRY_AFTER_MS);
      return this.server.send(request);
    }
  }
}

function mayPass(thrown: unknown): boolean {
  if (!(thrown instanceof CliFailure)) return false;
  if (thrown.exitCode === exitCodes.unreachable) return true;
  // A suspended customer is a 503 too, and still suspended a second later.
  const { httpStatus, error } = thrown.context;
  return httpStatus === 503 && error?.code !== 'customer_not_active';
}
