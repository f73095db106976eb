import type { DescMethodUnary } from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import { type CallContext, type CallOptions, defaultTimeoutMs } from './rpc-transport.js';

export const requestIdHeader = 'x-request-id';
const empty: ReadonlyMap<string, string> = new Map();

/** One call from its caller's side: its deadline, its metadata, and when it is given up. */
export interface OutgoingCall {
  readonly context: CallContext;
  remainingMs(): number;
  aborted(): boolean;
  /** The answer, or `deadline_exceeded` when that comes first. */
  settle<T>(answer: Promise<T>): Promise<T>;
}

export function beginCall(method: DescMethodUnary, options: CallOptions | undefined): OutgoingCall {
  const deadline = Date.now() + (options?.timeoutMs ?? defaultTimeoutMs);
  const signal = options?.signal;
  const metadata = options?.metadata === undefined ? empty : lowerCased(options.metadata);
  const requestId = metadata.get(requestIdHeader) ?? globalThis.crypto.randomUUID();
  return {
    context: { deadline, metadata, requestId },
    remainingMs: () => deadline - Date.now(),
    aborted: () => signal?.aborted === true,
    settle: <T>(answer: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const give = (message: string) => () => reject(new DomainError('deadline_exceeded', message));
        const onAbort = give(`The caller of ${method.parent.name}.${method.name} gave up.`);
        const timer = setTimeout(
          give(`${method.parent.name}.${method.name} did not answer in time.`),
          Math.max(0, deadline - Date.now()),
        );
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
        };
        if (signal?.aborted === true) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
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
      }),
  };
}

function lowerCased(metadata: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
}
