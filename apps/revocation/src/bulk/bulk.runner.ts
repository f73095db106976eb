import { create } from '@bufbuild/protobuf';
import { type BulkCriteria, BulkCriteriaSchema, RevocationActorKind } from '#libs/contracts';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { CertificateFinder } from '../journal/certificate-finder.js';
import type { JournalOutcome, JournalRepository } from '../journal/journal.repository.js';
import { hexOf } from '../serial-status/issued-serial.repository.js';
import { canonicalSerial } from '../serial-status/serial.js';
import { type BulkFailure, type BulkJob, type BulkProgress, mostListedFailures } from './bulk-job.js';
import type { BulkJobRepository } from './bulk-job.repository.js';
import type { BulkMatch, BulkSelection } from './bulk-selection.js';

export interface BulkRunnerParts {
  readonly jobs: BulkJobRepository;
  readonly selection: BulkSelection;
  readonly certificates: Pick<CertificateFinder, 'recorded'>;
  readonly journal: Pick<JournalRepository, 'append'>;
  /** Told after entries became durable. */
  readonly onAppended: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Certificates of one transaction: others who revoke for this customer wait no longer than for these. */
const chunk = 1_000;
/** Milliseconds between two looks for jobs that another replica left behind. */
const lookEveryMs = 2_000;

/** Works off bulk revocations, one at a time; a job that was interrupted goes on where it was. */
export class BulkRunner {
  readonly #parts: BulkRunnerParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: BulkRunnerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.wake();
  }

  /** Looks now: a job was added. */
  wake(): void {
    if (this.#stopped || this.#running) return;
    clearTimeout(this.#timer);
    this.#running = this.#work().finally(() => {
      this.#running = undefined;
      if (!this.#stopped) this.#timer = setTimeout(() => this.wake(), lookEveryMs).unref();
    });
  }

  /** Ends after the certificates that are under way; the job goes on elsewhere, or after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #work(): Promise<void> {
    try {
      for (
        let job = await this.#parts.jobs.claim();
        job && !this.#stopped;
        job = await this.#parts.jobs.claim()
      ) {
        await this.#run(job);
      }
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'a bulk revocation was interrupted; it is tried again');
    }
  }

  async #run(job: BulkJob): Promise<void> {
    const { jobs, selection, clock } = this.#parts;
    const criteria = job.demand.criteria ?? create(BulkCriteriaSchema);
    const search = {
      ...{ customerId: job.customerId, criteria, now: clock.now() },
      issuedUpTo: job.createdAt.getTime(),
    };
    let progress: BulkProgress = job;
    if (job.cursor.day === '-infinity') progress = await this.#missing(job, criteria);
    for (;;) {
      const page = await selection.page(search, progress.cursor);
      for (let at = 0; at < page.matches.length; at += chunk) {
        if (this.#stopped) return;
        progress = await this.#revoke(job, progress, page.matches.slice(at, at + chunk));
        await jobs.save(job, progress);
      }
      if (!page.next) break;
      progress = { ...progress, cursor: page.next };
    }
    await jobs.save(job, progress, new Date(clock.now()));
  }

  /** Serial numbers that were given and that nobody has are failures from the start. */
  async #missing(job: BulkJob, { serials }: BulkCriteria): Promise<BulkProgress> {
    const failures: BulkFailure[] = [];
    for (let at = 0; at < serials.length; at += chunk) {
      const some = serials.slice(at, at + chunk);
      const known = await this.#parts.certificates.recorded(
        job.customerId,
        some.map(canonicalSerial).filter((serial) => serial !== undefined),
      );
      for (const serial of some) {
        const canonical = canonicalSerial(serial);
        if (canonical !== undefined && known.has(hexOf(canonical))) continue;
        failures.push({ serial: hexOf(serial), code: 'serial_not_found' });
      }
    }
    return { ...job, failed: failures.length, failures: failures.slice(0, mostListedFailures) };
  }

  async #revoke(job: BulkJob, before: BulkProgress, matches: readonly BulkMatch[]): Promise<BulkProgress> {
    const { journal, clock, onAppended } = this.#parts;
    const { reason, invalidityDate, actor } = job.demand;
    const outcomes = await journal.append({
      ...{ customerId: job.customerId, certificates: matches, reason, jobId: job.id, now: clock.now() },
      actor: { kind: actor?.kind ?? RevocationActorKind.UNSPECIFIED, id: actor?.id ?? '' },
      invalidityDate: invalidityDate === undefined ? undefined : Number(invalidityDate) * 1000,
    });
    await onAppended();
    return advanced(before, matches, outcomes);
  }
}

function advanced(
  before: BulkProgress,
  matches: readonly BulkMatch[],
  outcomes: readonly JournalOutcome[],
): BulkProgress {
  const count = (wanted: JournalOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  const failures = matches.flatMap(({ serial }, index) =>
    outcomes[index]?.outcome === 'not_on_hold' ? [{ serial: hexOf(serial), code: 'not_on_hold' }] : [],
  );
  const last = matches.at(-1);
  return {
    cursor: last
      ? { day: new Date(last.expiresAt).toISOString().slice(0, 10), serial: last.serial }
      : before.cursor,
    matched: before.matched + matches.length,
    revoked: before.revoked + count('changed'),
    unchanged: before.unchanged + count('unchanged'),
    failed: before.failed + failures.length,
    failures: [...before.failures, ...failures].slice(0, mostListedFailures),
  };
}
