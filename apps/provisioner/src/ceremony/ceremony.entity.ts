import { EntitySchema } from 'typeorm';
import type { CeremonyKind, CeremonyStep } from './ceremony-step.js';

/** A ceremony, and how far it has come. */
export interface CeremonyRow {
  readonly id: string;
  readonly customerId: string;
  readonly kind: CeremonyKind;
  /** The generation of the CA that it makes; of a retirement, the one that took over. */
  readonly generation: number;
  /** The step to be done next; the last one once it has finished. */
  readonly step: CeremonyStep;
  /** Failures of that step in a row. */
  readonly failures: number;
  /** Why that step failed last; null when it did not. */
  readonly problem: string | null;
  readonly nextAttemptAt: Date;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** Who asked for it, in words. */
  readonly requestedBy: string;
}

export const CeremonyEntity = new EntitySchema<CeremonyRow>({
  name: 'ceremony',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    customerId: { name: 'customer_id', type: 'uuid' },
    kind: { type: 'text' },
    generation: { type: 'integer' },
    step: { type: 'text' },
    failures: { type: 'integer' },
    problem: { type: 'text', nullable: true },
    nextAttemptAt: { name: 'next_attempt_at', type: 'timestamptz' },
    startedAt: { name: 'started_at', type: 'timestamptz' },
    finishedAt: { name: 'finished_at', type: 'timestamptz', nullable: true },
    requestedBy: { name: 'requested_by', type: 'text' },
  },
});

/** What a step found or made, for the record: names, serial numbers, digests. Never a secret. */
export type StepFacts = Readonly<Record<string, string>>;

/** A step that was done: an entry of its customer's transcript. Rows are only ever added. */
export interface CeremonyStepRow {
  readonly ceremonyId: string;
  readonly step: CeremonyStep;
  readonly customerId: string;
  readonly facts: StepFacts;
  readonly doneAt: Date;
  /** Of the customer's transcript, from 1; the database sets it, as it does the following two. */
  readonly sequence: number;
  /** JSON, as it was hashed. */
  readonly entry: string;
  /** SHA-256 of the entry. */
  readonly hash: Buffer;
}

export const CeremonyStepEntity = new EntitySchema<CeremonyStepRow>({
  name: 'ceremony_step',
  columns: {
    ceremonyId: { name: 'ceremony_id', type: 'uuid', primary: true },
    step: { type: 'text', primary: true },
    customerId: { name: 'customer_id', type: 'uuid' },
    facts: { type: 'jsonb' },
    doneAt: { name: 'done_at', type: 'timestamptz' },
    sequence: { type: 'integer' },
    entry: { type: 'text' },
    hash: { type: 'bytea' },
  },
});
