import { create } from '@bufbuild/protobuf';
import {
  type IssuerService,
  MintEachRequestSchema,
  type MintRequest,
  type MintResponse,
  type MintResult,
} from '#libs/contracts';
import { DomainError, isErrorCode } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';

/** Measured: more CSRs a message gain nothing, and fewer messages in flight leave the issuer idle. */
const mostCsrsInMessage = 128;
const mostInFlight = 4;
/** A message that takes longer, in milliseconds, may be lost with its issuer: it holds up no other. */
const stalledMs = 1_000;
/** The same for keys behind a network, whose answers wait for the slowest signature of their message. */
const mostRemoteCsrs = 16;
/** Customers that are remembered for their remote keys. */
const mostRemote = 10_000;
/** CSRs that may wait here: about two seconds of work. More would be answered too late anyway. */
const mostWaiting = 8_192;

interface Waiting {
  readonly request: MintRequest;
  readonly requestId: string;
  /** Unix milliseconds. */
  readonly deadline: number;
  readonly resolve: (response: MintResponse) => void;
  readonly reject: (error: unknown) => void;
}

export interface CoalescerOptions {
  readonly issuer: Pick<Client<typeof IssuerService>, 'mintEach'>;
  readonly clock: Clock;
  /** Milliseconds that a mint may take in all. */
  readonly timeoutMs: number;
  /** Told how many CSRs each message carries. */
  readonly onMessage?: (csrs: number) => void;
}

/**
 * Puts mints that arrive together into one message to the issuer. Nobody waits on a timer: what came in
 * within one turn of the event loop goes out at its end, or when one of the messages in flight returns. A customer that
 * has none in flight waits for nobody: where signatures are slow, others' batches would hold up its single certificate.
 */
export class MintCoalescer {
  private readonly waiting: Waiting[] = [];
  private waitingCsrs = 0;
  private inFlight = 0;
  /** Messages in flight by customer. */
  private readonly busy = new Map<string, number>();
  /** A request came of a customer that has none in flight. */
  private newcomer = false;
  /**
   * Customers whose keys are in a service behind a network. Their messages wait for signatures, not for the issuer's
   * processor: how many are under way at once is the issuer's fair queue to decide, not that of the places here.
   */
  private readonly remote = new Set<string>();
  private readonly waitingRemote = new Map<string, Waiting[]>();
  private scheduled = false;

  constructor(private readonly options: CoalescerOptions) {}

  /**
   * @throws DomainError what the issuer says of this request; overloaded when too much waits already;
   *   service_unavailable or deadline_exceeded when no issuer answers
   */
  mint(request: MintRequest, requestId: string): Promise<MintResponse> {
    if (this.waitingCsrs + request.csrs.length > mostWaiting) {
      throw new DomainError('overloaded', 'Too many requests are waiting; try again shortly.');
    }
    return new Promise((resolve, reject) => {
      const deadline = this.options.clock.now() + this.options.timeoutMs;
      const waiting = { request, requestId, deadline, resolve, reject };
      this.waitingCsrs += request.csrs.length;
      if (this.remote.has(request.customerId)) {
        this.scheduleRemote(waiting);
        return;
      }
      this.waiting.push(waiting);
      if (!this.busy.has(request.customerId)) this.newcomer = true;
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0) return;
    if (this.inFlight >= mostInFlight && !this.newcomer) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.inFlight < mostInFlight && this.waiting.length > 0) void this.send(this.take(this.waiting));
      if (this.newcomer) this.admitNewcomers();
    });
  }

  /** At the end of this turn of the event loop, beyond the places of all: a message has one customer's requests only. */
  private scheduleRemote(waiting: Waiting): void {
    if (this.waitingRemote.size === 0) setImmediate(() => this.sendRemote());
    const theirs = this.waitingRemote.get(waiting.request.customerId);
    if (theirs) theirs.push(waiting);
    else this.waitingRemote.set(waiting.request.customerId, [waiting]);
  }

  private sendRemote(): void {
    const customers = [...this.waitingRemote.values()];
    this.waitingRemote.clear();
    for (const waiting of customers) {
      while (waiting.length > 0) {
        const batch = this.take(waiting, mostRemoteCsrs);
        const csrs = batch.reduce((sum, { request }) => sum + request.csrs.length, 0);
        // They count until they are answered: nothing else bounds what is under way.
        this.waitingCsrs += csrs;
        void this.ask(batch).finally(() => {
          this.waitingCsrs -= csrs;
        });
      }
    }
  }

  /** Sends what waits of customers that have nothing in flight, beyond the places of all. */
  private admitNewcomers(): void {
    this.newcomer = false;
    const theirs = this.waiting.filter(({ request }) => !this.busy.has(request.customerId));
    if (theirs.length === 0) return;
    const rest = this.waiting.filter(({ request }) => this.busy.has(request.customerId));
    this.waiting.splice(0, this.waiting.length, ...rest);
    while (theirs.length > 0) void this.send(this.take(theirs));
  }

  /** The next message's worth, in order of arrival; what waited too long is given up. */
  private take(waiting: Waiting[], most = mostCsrsInMessage): Waiting[] {
    const now = this.options.clock.now();
    const taken: Waiting[] = [];
    let csrs = 0;
    let count = 0;
    for (const each of waiting) {
      if (csrs > 0 && csrs + each.request.csrs.length > most) break;
      count += 1;
      if (each.deadline <= now) {
        each.reject(new DomainError('deadline_exceeded', 'The issuer did not answer in time.'));
        continue;
      }
      taken.push(each);
      csrs += each.request.csrs.length;
    }
    for (const each of waiting.splice(0, count)) this.waitingCsrs -= each.request.csrs.length;
    return taken;
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    const leave = this.enter();
    const customers = new Set(batch.map(({ request }) => request.customerId));
    for (const each of customers) this.busy.set(each, (this.busy.get(each) ?? 0) + 1);
    const stalled = setTimeout(leave, stalledMs);
    await this.ask(batch);
    clearTimeout(stalled);
    for (const each of customers) this.release(each);
    leave();
  }

  /** Gives each its answer, or its error. */
  private async ask(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { issuer, clock, onMessage } = this.options;
    onMessage?.(batch.reduce((sum, each) => sum + each.request.csrs.length, 0));
    try {
      const message = create(MintEachRequestSchema, { requests: batch.map((each) => each.request) });
      const { results } = await issuer.mintEach(message, {
        timeoutMs: Math.max(1, first.deadline - clock.now()),
        metadata: { 'x-request-id': first.requestId },
      });
      for (const [index, each] of batch.entries()) {
        const result = results[index];
        this.learn(each, result);
        settle(each, result);
      }
    } catch (error) {
      for (const each of batch) each.reject(error);
    }
  }

  /** What an answer says of the customer's key; an answer that is given again says nothing. */
  private learn({ request: { customerId } }: Waiting, result: MintResult | undefined): void {
    if (result?.outcome.case !== 'minted' || result.outcome.value.replayed) return;
    if (!result.outcome.value.remoteKey) {
      if (this.remote.size > 0) this.remote.delete(customerId);
      return;
    }
    if (this.remote.size >= mostRemote) this.remote.clear();
    this.remote.add(customerId);
  }

  private release(customerId: string): void {
    const left = (this.busy.get(customerId) ?? 1) - 1;
    if (left > 0) this.busy.set(customerId, left);
    else this.busy.delete(customerId);
  }

  /** Takes one of the places in flight; the function that is returned gives it back, once. */
  private enter(): () => void {
    this.inFlight += 1;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.inFlight -= 1;
      this.schedule();
    };
  }
}

function settle({ resolve, reject }: Waiting, result: MintResult | undefined): void {
  if (result?.outcome.case === 'minted') resolve(result.outcome.value);
  else reject(refusalOf(result));
}

function refusalOf(result: MintResult | undefined): DomainError {
  if (result?.outcome.case !== 'error') {
    return new DomainError('internal', 'The issuer left a request unanswered.');
  }
  const { code, message, detailsJson } = result.outcome.value;
  // A code of a newer issuer is one that this gateway has no status for.
  if (!isErrorCode(code)) return new DomainError('internal', message);
  return new DomainError(code, message, { details: detailsJson === '' ? {} : JSON.parse(detailsJson) });
}
