import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { type Msg, type NatsConnection, nuid, type Subscription } from '@nats-io/transport-node';
import type { DomainError } from '#libs/errors';
import { methodSubject } from '../subjects.js';

interface EndpointStats {
  requests: number;
  errors: number;
  lastError: string;
  /** Milliseconds. */
  time: number;
}

/**
 * One served service as NATS tools see it: answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`
 * (NATS ADR-32, service API version 1), with an endpoint for each method.
 */
export class DiscoverableService {
  readonly id = nuid.next();
  readonly name: string;
  readonly queueGroup: string;
  readonly #started = new Date().toISOString();
  readonly #stats = new Map<string, EndpointStats>();

  constructor(readonly descriptor: DescService) {
    this.name = descriptor.name;
    this.queueGroup = descriptor.typeName;
    for (const method of descriptor.methods) {
      this.#stats.set(method.name, { requests: 0, errors: 0, lastError: '', time: 0 });
    }
  }

  count(method: DescMethod, milliseconds: number, error?: DomainError): void {
    const stats = this.#stats.get(method.name);
    if (stats === undefined) return;
    stats.requests += 1;
    stats.time += milliseconds;
    if (error === undefined) return;
    stats.errors += 1;
    stats.lastError = error.code;
  }

  /** Subscribes the three verbs, each for all services, for this name, and for this instance. */
  announce(connection: NatsConnection): Subscription[] {
    const verbs = { PING: () => this.#ping(), INFO: () => this.#info(), STATS: () => this.#statistics() };
    return Object.entries(verbs).flatMap(([verb, answer]) =>
      [`$SRV.${verb}`, `$SRV.${verb}.${this.name}`, `$SRV.${verb}.${this.name}.${this.id}`].map((subject) =>
        connection.subscribe(subject, {
          callback: (error: Error | null, message: Msg) => {
            if (error === null) message.respond(JSON.stringify(answer()));
          },
        }),
      ),
    );
  }

  #identity(type: string) {
    return {
      type: `io.nats.micro.v1.${type}_response`,
      name: this.name,
      id: this.id,
      version: versionOf(this.descriptor),
      metadata: { package: this.descriptor.file.proto.package },
    };
  }

  #ping() {
    return this.#identity('ping');
  }

  #info() {
    return {
      ...this.#identity('info'),
      description: `gRPC over NATS: ${this.descriptor.typeName}`,
      endpoints: this.descriptor.methods.map((method) => this.#endpoint(method)),
    };
  }

  #statistics() {
    const endpoints = this.descriptor.methods.map((method) => {
      const stats = this.#stats.get(method.name) ?? { requests: 0, errors: 0, lastError: '', time: 0 };
      return {
        ...this.#endpoint(method),
        num_requests: stats.requests,
        num_errors: stats.errors,
        last_error: stats.lastError,
        processing_time: nanoseconds(stats.time),
        average_processing_time: nanoseconds(stats.requests === 0 ? 0 : stats.time / stats.requests),
      };
    });
    return { ...this.#identity('stats'), started: this.#started, endpoints };
  }

  #endpoint(method: DescMethod) {
    return { name: method.name, subject: methodSubject(method), queue_group: this.queueGroup, metadata: {} };
  }
}

/** The contract's version: `stackrunner.issuer.v1` is 1.0.0. */
function versionOf(service: DescService): string {
  return `${/\.v(\d+)$/.exec(service.file.proto.package)?.[1] ?? '0'}.0.0`;
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000_000);
}
