import { type EntityManager, IsNull, Not } from 'typeorm';
import {
  CeremonyEntity,
  type CeremonyRow,
  CeremonyStepEntity,
  type CeremonyStepRow,
  type StepFacts,
} from './ceremony.entity.js';
import { type CeremonyKind, type CeremonyStep, firstStep, stepAfter } from './ceremony-step.js';

/** What a ceremony is started as. */
export interface NewCeremony {
  readonly customerId: string;
  readonly kind: CeremonyKind;
  readonly generation: number;
  readonly requestedBy: string;
  readonly startedAt: Date;
}

/** Which ceremony, and whose. */
export type CeremonyName = Pick<CeremonyRow, 'id' | 'customerId'>;

/** One step that was done, as it goes on record. */
export interface StepRecord {
  readonly ceremony: CeremonyRow;
  readonly step: CeremonyStep;
  readonly facts: StepFacts;
  readonly doneAt: Date;
}

/** Every method works within a transaction of a tenant (or of every customer), given as `manager`. */
export class CeremonyRepository {
  /** Returns false when one of the customer's ceremonies is under way, or this very one has been before. */
  async start(manager: EntityManager, ceremony: NewCeremony): Promise<boolean> {
    const { startedAt, kind } = ceremony;
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(CeremonyEntity)
      .values({ ...ceremony, step: firstStep(kind), failures: 0, nextAttemptAt: startedAt })
      .orIgnore()
      .returning('id')
      .execute();
    return (inserted.raw as unknown[]).length > 0;
  }

  /** The ceremony that a customer is in the middle of. */
  underWay(manager: EntityManager, customerId: string): Promise<CeremonyRow | null> {
    return manager.findOneBy(CeremonyEntity, { customerId, finishedAt: IsNull() });
  }

  /** Every step of a customer's ceremonies, in the order of the transcript. */
  transcript(manager: EntityManager, customerId: string): Promise<CeremonyStepRow[]> {
    return manager.find(CeremonyStepEntity, { where: { customerId }, order: { sequence: 'ASC' } });
  }

  /**
   * The newest ceremony of each customer that moved minting to another intermediate, where that ended before a time
   * and nothing is under way: the longest ago first.
   */
  activatedBefore(manager: EntityManager, time: Date, limit: number): Promise<CeremonyRow[]> {
    return manager
      .createQueryBuilder(CeremonyEntity, 'ceremony')
      .where(`ceremony.kind IN ('birth', 'rotation', 'import') AND ceremony.finishedAt <= :time`, { time })
      .andWhere(
        `NOT EXISTS (SELECT FROM provisioner.ceremony other WHERE other.customer_id = ceremony.customer_id AND (
          other.finished_at IS NULL
          OR other.kind IN ('birth', 'rotation', 'import') AND other.generation > ceremony.generation))`,
      )
      .orderBy('ceremony.finishedAt')
      .limit(limit)
      .getMany();
  }

  /** Ceremonies that moved minting away from an intermediate before a time, and whose retirement is still to come. */
  unretiredBefore(manager: EntityManager, time: Date, limit: number): Promise<CeremonyRow[]> {
    return manager
      .createQueryBuilder(CeremonyEntity, 'ceremony')
      .where(`ceremony.kind IN ('rotation', 'import') AND ceremony.finishedAt <= :time`, { time })
      .andWhere('ceremony.generation > 1')
      .andWhere(
        `NOT EXISTS (SELECT FROM provisioner.ceremony other WHERE other.customer_id = ceremony.customer_id AND (
          other.finished_at IS NULL OR other.kind = 'retirement' AND other.generation = ceremony.generation))`,
      )
      .orderBy('ceremony.finishedAt')
      .limit(limit)
      .getMany();
  }

  /** When minting was last moved to another intermediate. */
  async lastActivation(manager: EntityManager, customerId: string): Promise<CeremonyRow | null> {
    const kinds = ['birth', 'rotation', 'import'] as const;
    return manager.findOne(CeremonyEntity, {
      where: kinds.map((kind) => ({ customerId, kind, finishedAt: Not(IsNull()) })),
      order: { generation: 'DESC' },
    });
  }

  find(manager: EntityManager, id: string): Promise<CeremonyRow | null> {
    return manager.findOneBy(CeremonyEntity, { id });
  }

  /** Unfinished ceremonies that are worked on or could be, the longest waiting first. */
  due(manager: EntityManager, now: Date, limit: number): Promise<CeremonyName[]> {
    return manager.query<CeremonyName[]>(
      `SELECT id, customer_id AS "customerId" FROM provisioner.ceremony
       WHERE finished_at IS NULL AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2`,
      [now, limit],
    );
  }

  unfinished(manager: EntityManager): Promise<number> {
    return manager
      .createQueryBuilder(CeremonyEntity, 'ceremony')
      .where('ceremony.finishedAt IS NULL')
      .getCount();
  }

  /**
   * Records a step and moves on to the next. Returns the SHA-256 of its entry in the transcript, in hexadecimal;
   * undefined, and records nothing, when the ceremony was no longer at that step: then another process has done it.
   */
  async record(
    manager: EntityManager,
    { ceremony, step, facts, doneAt }: StepRecord,
  ): Promise<string | undefined> {
    const [recorded] = await manager.query<{ hash: Buffer }[]>(
      `WITH moved AS (
         UPDATE provisioner.ceremony SET step = coalesce($3, step), failures = 0, problem = NULL,
           next_attempt_at = CASE WHEN $3 IS NULL THEN next_attempt_at ELSE $5 END,
           finished_at = CASE WHEN $3 IS NULL THEN $5 END
         WHERE id = $1 AND step = $2 AND finished_at IS NULL RETURNING id, customer_id
       )
       INSERT INTO provisioner.ceremony_step (ceremony_id, step, customer_id, facts, done_at)
       SELECT id, $2, customer_id, $4, $5 FROM moved RETURNING hash`,
      [ceremony.id, step, stepAfter(ceremony.kind, step) ?? null, facts, doneAt],
    );
    return recorded?.hash.toString('hex');
  }

  /** Notes that the current step failed, and when it is tried again. */
  async postpone(
    manager: EntityManager,
    ceremony: CeremonyRow,
    problem: string,
    nextAttemptAt: Date,
  ): Promise<void> {
    const failed = { failures: () => 'failures + 1', problem, nextAttemptAt };
    await manager.update(CeremonyEntity, { id: ceremony.id, step: ceremony.step }, failed);
  }
}
