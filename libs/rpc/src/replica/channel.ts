import type { ErrorCode, ErrorDetails } from '#libs/errors';

/** What a replica asks of the main process. */
export type ReplicaMessage =
  | {
      readonly kind: 'call';
      readonly id: number;
      /** Full protobuf name of the service, and the method as TypeScript names it. */
      readonly service: string;
      readonly method: string;
      readonly request: Uint8Array;
      readonly timeoutMs: number;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'publish';
      readonly id: number;
      readonly type: string;
      readonly payload: Uint8Array;
      readonly eventId: string;
    }
  | { readonly kind: 'follow'; readonly type: string };

/** What the main process tells a replica. */
export type MainMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly response: Uint8Array }
  | {
      readonly kind: 'refusal';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: ErrorDetails;
    }
  | { readonly kind: 'event'; readonly type: string; readonly payload: Uint8Array; readonly eventId: string };

/** One end of a pipe between two processes; messages arrive whole and in order. */
export interface Channel<Out, In> {
  /** A message to an end that is gone is dropped. */
  send(message: Out): void;
  onMessage(take: (message: In) => void): void;
}
