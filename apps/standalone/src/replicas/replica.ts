import { type ChildProcess, fork } from 'node:child_process';
import type { Server } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import type { MetricsSource } from '#libs/observability';
import {
  type EventBus,
  type MainMessage,
  type ReplicaMessage,
  type RpcTransport,
  serveReplica,
} from '#libs/rpc';
import type { FromReplica, ReplicaSettings, ToReplica } from './control.js';

export interface ReplicaHost {
  readonly rpc: RpcTransport;
  readonly events: EventBus;
  /** What replicas may call. */
  readonly services: readonly DescService[];
  /** The main process's listener, which replicas share. */
  readonly listener: Server;
}

const killAfterMs = 20_000;
/** A scrape does not wait longer for a replica; in milliseconds. */
const metricsTimeoutMs = 2_000;

/** One replica process as the main process sees it. */
export class Replica implements MetricsSource {
  /** Why the process ended. */
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly scrapes = new Map<number, (text: string) => void>();
  private lastScrape = 0;
  private listening = false;

  constructor(settings: ReplicaSettings, host: ReplicaHost) {
    // Of its own group, so that a terminal's Ctrl-C reaches the main process alone.
    this.child = fork(new URL('../replica.main.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    let takeRpc: (message: ReplicaMessage) => void = () => undefined;
    const service = serveReplica({
      ...host,
      channel: {
        send: (message: MainMessage) => this.send({ kind: 'rpc', message }),
        onMessage: (take) => {
          takeRpc = take;
        },
      },
    });
    this.child.on('message', (message: FromReplica) => {
      if (message.kind === 'rpc') takeRpc(message.message);
      else if (message.kind === 'started') this.send({ kind: 'listen' }, host.listener);
      else if (message.kind === 'listening') this.listening = true;
      else this.scrapes.get(message.id)?.(message.text);
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    });
    void this.ended.then(() => service.close());
    this.send({ kind: 'start', settings });
  }

  get serves(): boolean {
    return this.listening && this.child.connected;
  }

  /** Its metrics; none when it does not answer. */
  metrics(): Promise<string> {
    const id = ++this.lastScrape;
    return new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(''), this.serves ? metricsTimeoutMs : 0);
      this.scrapes.set(id, (text) => {
        clearTimeout(timer);
        resolve(text);
      });
      this.send({ kind: 'metrics', id });
    }).finally(() => this.scrapes.delete(id));
  }

  /** Lets it finish what it accepted; kills it when that takes too long. */
  async stop(): Promise<void> {
    this.send({ kind: 'stop' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), killAfterMs);
    await this.ended;
    clearTimeout(timer);
  }

  private send(message: ToReplica, listener?: Server): void {
    // Whatever a process that has just ended should have heard is of no use to it.
    if (this.child.connected) this.child.send(message, listener, undefined, () => undefined);
  }
}
