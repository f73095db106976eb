import type { RpcLogger } from '../rpc-logger.js';

/** How one service reaches NATS. */
export interface NatsSettings {
  /** One or several servers, separated by commas: `nats://127.0.0.1:4222`. */
  readonly url: string;
  /** The connection's name, and the owner of its inboxes: NATS permits `_INBOX.<user>.>` to each user. */
  readonly service: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Paths of PEM files. A CA alone verifies the server; certificate and key identify this client. */
  readonly tls?: NatsTlsFiles | undefined;
  readonly logger?: RpcLogger | undefined;
}

export interface NatsTlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}
