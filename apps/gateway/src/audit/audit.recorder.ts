import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { mapDatabaseError, type Outbox, type OutboxRelay } from '#libs/database';
import { DomainError } from '#libs/errors';
import { events } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { Principal } from '../auth/principal.js';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import type { Operation } from '../openapi/operation.js';
import { actorOf } from './actor.js';
import { customerIn, errorCodeIn, factsOf, parsedAnswer } from './audit-facts.js';

export interface AuditRecorderParts {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly relay: Pick<OutboxRelay, 'wake'>;
  readonly directory: Pick<CustomerDirectory, 'idOf'>;
  readonly clock: Clock;
}

/** One action that is over, with its answer not yet sent. */
export interface AuditedAction {
  readonly principal: Principal;
  readonly operation: string;
  readonly requestId: string;
  readonly status: number;
  readonly payload: unknown;
  /** The handle in the path, where there is one. */
  readonly handle: string | undefined;
}

/**
 * Refusals that say something about a credential and its use. A malformed request says nothing, and must not
 * fill a trail.
 */
const refusals = new Set([401, 403, 409]);

/**
 * Tells the audit trail of what changed something, and of what was not allowed to: before the answer is sent, so
 * that nobody was ever told of a change that the trail does not know. Minting is told of by the issuer.
 */
export class AuditRecorder {
  constructor(private readonly parts: AuditRecorderParts) {}

  /** @throws DomainError storage_unavailable: then the answer is this, and not that the change was made */
  async record(action: AuditedAction): Promise<void> {
    const { principal, operation, requestId, status, payload } = action;
    const succeeded = status < 400;
    if (!succeeded && status < 500 && !refusals.has(status)) return;
    const answer = parsedAnswer(payload);
    const subject = await this.subjectOf(action, answer);
    if (subject === undefined) return;
    const { dataSource, outbox, relay, clock } = this.parts;
    const { kind, id, hash } = actorOf(principal);
    try {
      await outbox.add(dataSource.manager, events.audited, {
        ...subject,
        at: BigInt(clock.now()),
        actorKind: kind,
        actorId: id,
        actorHash: hash,
        action: operation,
        outcome: succeeded ? 'ok' : (errorCodeIn(answer) ?? `http_${status}`),
        requestId,
        details: JSON.stringify(succeeded ? factsOf(answer) : {}),
      });
    } catch (error) {
      // What failed for want of the database anyway is answered as it is.
      if (status >= 500) return;
      throw mapDatabaseError(error);
    }
    relay.wake();
  }

  /** Whose trail it goes into; undefined when it concerns no customer. */
  private async subjectOf(
    { principal, handle }: AuditedAction,
    answer: unknown,
  ): Promise<{ customerId: string; handle: string } | undefined> {
    if ('customerId' in principal) return { customerId: principal.customerId, handle: principal.handle };
    const answered = customerIn(answer);
    if (answered !== undefined || handle === undefined) return answered;
    try {
      return { customerId: await this.parts.directory.idOf(handle), handle };
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }
}

const changing = new Set(['POST', 'PUT', 'DELETE']);

/**
 * The hook that tells the recorder of every operation that changes something for somebody known. With a callback, for
 * a promise would cost every mint a turn of the queue of tasks.
 */
export function auditHook(recorder: AuditRecorder, operations: readonly Operation[]) {
  const names = new Map<string, string>(
    operations.flatMap(({ method, path, access, id }) =>
      access !== undefined && changing.has(method)
        ? [[`${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, id] as const]
        : [],
    ),
  );
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error?: Error | null, payload?: unknown) => void,
  ): void => {
    const { principal, routeOptions, method, id: requestId, params } = request;
    const operation = names.get(`${method} ${routeOptions.url}`);
    if (operation === undefined || principal === null) {
      done(null, payload);
      return;
    }
    const { handle } = (params ?? {}) as { handle?: string };
    recorder
      .record({ principal, operation, requestId, status: reply.statusCode, payload, handle })
      .then(() => done(null, payload), done);
  };
}
