import { type ConnectionOptions, connect, type NatsConnection, type Status } from '@nats-io/transport-node';
import { DomainError } from '#libs/errors';
import type { RpcLogger } from '../rpc-logger.js';
import type { NatsSettings } from './nats-settings.js';

/**
 * Waits between attempts to connect, in milliseconds; the last one repeats. The client asks for a wait
 * twice an attempt, before it dials and before it sleeps: hence the pairs.
 */
const connectDelaysMs = [20, 20, 40, 40, 80, 80, 160, 160, 320, 320, 640, 640, 1000];

/** Told about the connection's life. */
export interface LinkObserver {
  /** A connection is there; called again for a new one after NATS closed the last. */
  attached?(connection: NatsConnection): void;
  /** The connection was lost; it will work again, or another will be attached. */
  lost?(): void;
  /** The same connection works again; its subscriptions are back. */
  reconnected?(connection: NatsConnection): void;
  /** NATS refused something that this connection did. */
  refused?(error: Error): void;
}

/**
 * One connection that lasts as long as the process: it may begin before NATS does, and comes back
 * whatever happens to NATS meanwhile.
 */
export class NatsLink {
  readonly inbox: string;
  readonly #observers = new Set<LinkObserver>();
  readonly #waiting = new Set<() => void>();
  #connection: NatsConnection | undefined;
  #up = false;
  #lost = false;
  #backSince = 0;
  #closing = false;
  #attempt = 0;
  #reported = false;

  constructor(
    private readonly settings: NatsSettings,
    readonly log: RpcLogger,
  ) {
    this.inbox = `_INBOX.${settings.user ?? settings.service}`;
    void this.#run();
  }

  /** Unix milliseconds of the last time that a lost connection came back; 0 when none was lost. */
  get backSince(): number {
    return this.#backSince;
  }

  get connected(): boolean {
    return this.#up;
  }

  /** The connection when it works now. */
  get current(): NatsConnection | undefined {
    return this.#up ? this.#connection : undefined;
  }

  observe(observer: LinkObserver): void {
    this.#observers.add(observer);
    if (this.#connection !== undefined) observer.attached?.(this.#connection);
  }

  forget(observer: LinkObserver): void {
    this.#observers.delete(observer);
  }

  /** @throws DomainError service_unavailable when NATS does not answer before the deadline (Unix ms) */
  async up(deadline: number): Promise<NatsConnection> {
    while (!this.#closing) {
      const connection = this.current;
      if (connection !== undefined) return connection;
      const left = deadline - Date.now();
      if (left <= 0) break;
      await this.#sleep(left);
    }
    throw new DomainError('service_unavailable', 'NATS is not reachable.');
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return;
    if (this.#up) await connection.flush().catch(() => undefined);
    this.#up = false;
    await connection.close();
  }

  async #run(): Promise<void> {
    while (!this.#closing) {
      try {
        const connection = await connect(this.#options());
        await this.#live(connection);
      } catch (error) {
        this.#report(error);
        await this.#pause();
      }
    }
  }

  /** Until the connection is closed for good, by us or because NATS ended it. */
  async #live(connection: NatsConnection): Promise<void> {
    if (this.#closing) return connection.close();
    this.#connection = connection;
    this.#attempt = 0;
    this.#reported = false;
    this.#up = true;
    if (this.#lost) this.#backSince = Date.now();
    this.log.info({ server: connection.getServer() }, 'connected to NATS');
    for (const observer of this.#observers) observer.attached?.(connection);
    this.#wake();
    for await (const status of connection.status()) this.#follow(connection, status);
    this.#up = false;
    this.#lost = true;
    this.#connection = undefined;
    const reason = await connection.closed();
    if (!this.#closing) this.#report(reason ?? new Error('NATS closed the connection'));
  }

  #follow(connection: NatsConnection, status: Status): void {
    if (status.type === 'disconnect') {
      this.#up = false;
      for (const observer of this.#observers) observer.lost?.();
      if (!this.#closing) this.log.warn({ server: status.server }, 'lost the connection to NATS');
    }
    if (status.type === 'reconnect') {
      this.#up = true;
      this.#backSince = Date.now();
      this.#attempt = 0;
      this.log.info({ server: status.server }, 'connected to NATS again');
      for (const observer of this.#observers) observer.reconnected?.(connection);
      this.#wake();
    }
    if (status.type === 'error') {
      this.log.error({ err: status.error }, 'NATS reported an error');
      for (const observer of this.#observers) observer.refused?.(status.error);
    }
  }

  /** Until the time is over, the connection works, or the link closes. */
  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Once per outage: the first failure says why, the others say nothing new. */
  #report(error: unknown): void {
    if (this.#reported || this.#closing) return;
    this.#reported = true;
    this.log.warn({ err: error, url: this.#place() }, 'cannot reach NATS, will try again');
  }

  #place(): string {
    return this.settings.url.replace(/\/\/[^@/]*@/g, '//');
  }

  async #pause(): Promise<void> {
    if (!this.#closing) await this.#sleep(this.#delay());
  }

  #delay(): number {
    const longest = connectDelaysMs.length - 1;
    const delay = connectDelaysMs[Math.min(this.#attempt, longest)] ?? 0;
    this.#attempt += 1;
    // Half fixed, half random: many services do not come back in the same instant.
    return delay / 2 + Math.random() * (delay / 2);
  }

  #options(): ConnectionOptions {
    const { tls, user, password } = this.settings;
    return {
      servers: this.settings.url.split(',').map((url) => url.trim()),
      name: this.settings.service,
      inboxPrefix: this.inbox,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
      timeout: 5000,
      pingInterval: 10_000,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => this.#delay(),
      ignoreAuthErrorAbort: true,
    };
  }
}

function tlsOptions(files: NonNullable<NatsSettings['tls']>) {
  return {
    ...(files.ca === undefined ? {} : { caFile: files.ca }),
    ...(files.cert === undefined ? {} : { certFile: files.cert }),
    ...(files.key === undefined ? {} : { keyFile: files.key }),
  };
}
