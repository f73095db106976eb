import type { DescMethodUnary } from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import { type CallContext, type CallOptions, defaultTimeoutMs, longestTimeoutMs } from './rpc-transport.js';

export const requestIdHeader = 'x-request-id';
const empty: ReadonlyMap<string, string> = new Map();

/** One call from its caller's side: its deadline, its metadata, and when it is given up. */
export class OutgoingCall {
  readonly context: CallContext;
  /** Whether somebody may have taken the call: then nobody knows what became of it. */
  delivered = false;
  /** Called when the caller stops waiting, so that the transport does as well. */
  onGiveUp: (() => void) | undefined;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;

  constructor(method: DescMethodUnary, options: CallOptions | undefined) {
    const metadata = options?.metadata === undefined ? empty : lowerCased(options.metadata);
    this.#name = `${method.parent.name}.${method.name}`;
    this.#signal = options?.signal;
    this.context = {
      deadline: Date.now() + Math.min(options?.timeoutMs ?? defaultTimeoutMs, longestTimeoutMs),
      metadata,
      requestId: metadata.get(requestIdHeader) ?? globalThis.crypto.randomUUID(),
    };
  }

  get remainingMs(): number {
    return this.context.deadline - Date.now();
  }

  get aborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** @throws DomainError deadline_exceeded or, for a call that nobody took, service_unavailable */
  settle<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = (error: DomainError) => {
        end();
        reject(error);
        this.onGiveUp?.();
      };
      const onAbort = () => giveUp(deadlineExceeded(`The caller of ${this.#name} gave up.`));
      const timer = setTimeout(() => giveUp(this.#late()), Math.max(0, this.remainingMs));
      const end = () => {
        clearTimeout(timer);
        this.#signal?.removeEventListener('abort', onAbort);
      };
      answer.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
      if (this.aborted) onAbort();
      else this.#signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  unavailable(): DomainError {
    return new DomainError('service_unavailable', `Nobody answers ${this.#name}.`);
  }

  #late(): DomainError {
    return this.delivered ? deadlineExceeded(`${this.#name} did not answer in time.`) : this.unavailable();
  }
}

function deadlineExceeded(message: string): DomainError {
  return new DomainError('deadline_exceeded', message);
}

function lowerCased(metadata: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
}
