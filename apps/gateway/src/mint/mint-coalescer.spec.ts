import { create } from '@bufbuild/protobuf';
import { type MintEachRequest, MintEachResponseSchema, MintRequestSchema } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { systemClock } from '#libs/service';
import { MintCoalescer } from './mint-coalescer.js';

/** An issuer that answers when the test lets it. */
class HeldIssuer {
  readonly messages: MintEachRequest[] = [];
  readonly deadlines: number[] = [];
  private readonly held: (() => void)[] = [];
  failure: Error | undefined;
  /** Of all customers. */
  remoteKey = false;

  mintEach = async (message: object, options?: { timeoutMs?: number }) => {
    const { requests } = message as MintEachRequest;
    this.messages.push(message as MintEachRequest);
    this.deadlines.push(options?.timeoutMs ?? 0);
    await new Promise<void>((resolve) => this.held.push(resolve));
    if (this.failure !== undefined) throw this.failure;
    return create(MintEachResponseSchema, {
      results: requests.map(({ idempotencyKey }) =>
        idempotencyKey === 'bad'
          ? {
              outcome: {
                case: 'error' as const,
                value: { code: 'issue_failed', message: 'No.', detailsJson: '{"a":1}' },
              },
            }
          : {
              outcome: {
                case: 'minted' as const,
                value: { replayed: idempotencyKey === 'again', remoteKey: this.remoteKey },
              },
            },
      ),
    });
  };

  release(): void {
    for (const resolve of this.held.splice(0)) resolve();
  }
}

const order = (csrs: number, idempotencyKey = '') =>
  create(MintRequestSchema, { csrs: Array(csrs).fill(new Uint8Array(1)), idempotencyKey });
const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

describe('the coalescer', () => {
  let issuer: HeldIssuer;
  let coalescer: MintCoalescer;
  beforeEach(() => {
    issuer = new HeldIssuer();
    coalescer = new MintCoalescer({ issuer, clock: systemClock, timeoutMs: 200 });
  });

  it('sends what came in one turn as one message, and gives each its own answer', async () => {
    const asked = [order(1), order(2, 'again'), order(1, 'bad')].map((each) => coalescer.mint(each, 'r'));
    const settled = Promise.allSettled(asked);
    await turn();
    issuer.release();
    const [first, second, third] = await settled;
    expect(issuer.messages).toHaveLength(1);
    expect(first).toMatchObject({ status: 'fulfilled', value: { replayed: false } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { replayed: true } });
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'issue_failed', details: { a: 1 } } });
  });

  it('sends at most 128 CSRs a message and four messages at a time', async () => {
    const asked = Array.from({ length: 12 }, () => coalescer.mint(order(100), 'r'));
    await turn();
    expect(issuer.messages.map(({ requests }) => requests.length)).toEqual([1, 1, 1, 1]);
    issuer.release();
    await turn();
    expect(issuer.messages).toHaveLength(8);
    const small = Array.from({ length: 130 }, () => coalescer.mint(order(1), 'r'));
    for (let round = 0; round < 6; round++) {
      issuer.release();
      await turn();
    }
    await Promise.all([...asked, ...small]);
    const csrs = issuer.messages.map(({ requests }) =>
      requests.reduce((sum, each) => sum + each.csrs.length, 0),
    );
    expect(Math.max(...csrs)).toBeLessThanOrEqual(128);
    expect(csrs.reduce((sum, each) => sum + each, 0)).toBe(1_330);
  });

  it('lets a customer that has nothing in flight pass those whose messages are many and slow', async () => {
    const heavy = Array.from({ length: 6 }, () =>
      coalescer.mint({ ...order(100), customerId: 'heavy' }, 'r'),
    );
    await turn();
    expect(issuer.messages).toHaveLength(4);
    const light = coalescer.mint({ ...order(1), customerId: 'light' }, 'r');
    await turn();
    expect(issuer.messages).toHaveLength(5);
    expect(issuer.messages[4]?.requests.map(({ customerId }) => customerId)).toEqual(['light']);
    const settled = Promise.all([light, ...heavy]);
    issuer.release();
    await turn();
    issuer.release();
    await settled;
    expect(issuer.messages).toHaveLength(7);
  });

  it('holds no request with a remote key back behind others, once it knows of the key', async () => {
    issuer.remoteKey = true;
    const single = (customerId: string) => coalescer.mint({ ...order(1), customerId }, 'r');
    const heard = Promise.all([single('acme'), single('bolt')]);
    await turn();
    issuer.release();
    await heard;
    const asked = Array.from({ length: 10 }, () => coalescer.mint({ ...order(10), customerId: 'acme' }, 'r'));
    await turn();
    // Each batch is a message of its own, so that none waits for the signatures of another.
    expect(issuer.messages).toHaveLength(11);
    const more = [single('acme'), single('bolt'), single('acme')];
    await turn();
    expect(issuer.messages.slice(11).map(({ requests }) => requests.map((each) => each.customerId))).toEqual([
      ['acme', 'acme'],
      ['bolt'],
    ]);
    // Its key is local now: its requests take the places of all again.
    issuer.remoteKey = false;
    issuer.release();
    await Promise.all([...asked, ...more]);
    const local = Array.from({ length: 6 }, () => coalescer.mint({ ...order(128), customerId: 'acme' }, 'r'));
    await turn();
    expect(issuer.messages).toHaveLength(17);
    issuer.release();
    await turn();
    issuer.release();
    await Promise.all(local);
  });

  it('refuses more than it could answer in time, also while signatures of remote keys are under way', async () => {
    issuer.remoteKey = true;
    const heard = coalescer.mint(order(1), 'r');
    await turn();
    issuer.release();
    await heard;
    const asked = Array.from({ length: 81 }, () => coalescer.mint(order(100), 'r'));
    await turn();
    expect(issuer.messages).toHaveLength(82);
    expect(() => coalescer.mint(order(100), 'r')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    issuer.release();
    await Promise.all(asked);
    const after = coalescer.mint(order(100), 'r');
    await turn();
    issuer.release();
    await expect(after).resolves.toBeDefined();
  });

  it('refuses more than it could answer in time', async () => {
    const asked = Array.from({ length: 81 }, () => coalescer.mint(order(100), 'r'));
    expect(() => coalescer.mint(order(100), 'r')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    const drained = Promise.allSettled(asked);
    for (let round = 0; round < 30; round++) {
      await turn();
      issuer.release();
    }
    await drained;
    const late = coalescer.mint(order(1), 'r');
    await turn();
    issuer.release();
    await expect(late).resolves.toBeDefined();
  });

  it('gives every request of a lost message its error', async () => {
    issuer.failure = new DomainError('service_unavailable', 'Gone.');
    const settled = Promise.allSettled([coalescer.mint(order(1), 'r'), coalescer.mint(order(1), 'r')]);
    await turn();
    issuer.release();
    for (const each of await settled) expect(each).toMatchObject({ reason: { code: 'service_unavailable' } });
  });

  it('gives up what waited too long, and tells the issuer how long it has', async () => {
    const blocking = Array.from({ length: 4 }, () => coalescer.mint(order(128), 'r'));
    await turn();
    const late = coalescer.mint(order(1), 'r');
    const refused = expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await new Promise((resolve) => setTimeout(resolve, 230));
    issuer.release();
    await Promise.all(blocking);
    await refused;
    for (const timeout of issuer.deadlines) expect(timeout).toBeGreaterThan(100);
    expect(issuer.messages).toHaveLength(4);
  });

  it('goes on beside messages that were lost', async () => {
    const patient = new MintCoalescer({ issuer, clock: systemClock, timeoutMs: 5_000 });
    const lost = Array.from({ length: 4 }, () => patient.mint(order(128), 'r'));
    await turn();
    const next = patient.mint(order(1), 'r');
    await turn();
    expect(issuer.messages).toHaveLength(4);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(issuer.messages).toHaveLength(5);
    issuer.release();
    await Promise.all([...lost, next]);
    const after = Array.from({ length: 6 }, () => patient.mint(order(128), 'r'));
    await turn();
    expect(issuer.messages).toHaveLength(9);
    issuer.release();
    await turn();
    issuer.release();
    await Promise.all(after);
  });
});
