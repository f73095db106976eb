import { type EntityManager, IsNull } from 'typeorm';
import { CeremonyEntity, type CeremonyRow, CeremonyStepEntity, type StepFacts } from './ceremony.entity.js';
import { type CeremonyStep, stepAfter } from './ceremony-step.js';

/** One step that was done, as it goes on record. */
export interface StepRecord {
  readonly ceremony: CeremonyRow;
  readonly step: CeremonyStep;
  readonly facts: StepFacts;
  readonly doneAt: Date;
}

/** Every method works within a transaction of a tenant (or of every customer), given as `manager`. */
export class CeremonyRepository {
  async start(manager: EntityManager, customerId: string, now: Date): Promise<void> {
    await manager.insert(CeremonyEntity, {
      customerId,
      generation: 1,
      step: 'root_key',
      failures: 0,
      nextAttemptAt: now,
      startedAt: now,
    });
  }

  find(manager: EntityManager, id: string): Promise<CeremonyRow | null> {
    return manager.findOneBy(CeremonyEntity, { id });
  }

  /** Unfinished ceremonies whose next attempt is due, the longest waiting first. */
  due(manager: EntityManager, now: Date, limit: number): Promise<CeremonyRow[]> {
    return manager
      .createQueryBuilder(CeremonyEntity, 'ceremony')
      .where('ceremony.finishedAt IS NULL AND ceremony.nextAttemptAt <= :now', { now })
      .orderBy('ceremony.nextAttemptAt')
      .limit(limit)
      .getMany();
  }

  unfinished(manager: EntityManager): Promise<number> {
    return manager
      .createQueryBuilder(CeremonyEntity, 'ceremony')
      .where('ceremony.finishedAt IS NULL')
      .getCount();
  }

  /**
   * Records a step and moves on to the next. Returns false, and records nothing, when the ceremony was
   * no longer at that step: then another process has done it.
   */
  async record(manager: EntityManager, { ceremony, step, facts, doneAt }: StepRecord): Promise<boolean> {
    const next = stepAfter(step);
    const moved = await manager.update(
      CeremonyEntity,
      { id: ceremony.id, step, ...(next ? {} : { finishedAt: IsNull() }) },
      next
        ? { step: next, failures: 0, problem: null, nextAttemptAt: doneAt }
        : { failures: 0, problem: null, finishedAt: doneAt },
    );
    if (moved.affected !== 1) return false;
    await manager.insert(CeremonyStepEntity, {
      ceremonyId: ceremony.id,
      step,
      customerId: ceremony.customerId,
      facts,
      doneAt,
    });
    return true;
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
