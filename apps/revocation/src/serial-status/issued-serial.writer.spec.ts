import { create } from '@bufbuild/protobuf';
import { type Issued, type IssuedRecord, IssuedSchema } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { createRegistry } from '#libs/observability';
import { IssuedSerialWriter } from './issued-serial.writer.js';
import { serialStatusMetrics } from './serial-status.metrics.js';

const issued = (count: number, caId = 'ca'): Issued =>
  create(IssuedSchema, { certificates: Array.from({ length: count }, () => ({ caId })) });

/** Stands in for the table: remembers the size of every insert, and fails when told to. */
class Inserts {
  readonly sizes: number[] = [];
  fail: (rows: readonly IssuedRecord[]) => Error | undefined = () => undefined;

  async record({ certificates: rows }: Pick<Issued, 'certificates'>): Promise<void> {
    this.sizes.push(rows.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const error = this.fail(rows);
    if (error) throw error;
  }
}

let registry = createRegistry('revocation');
let inserts = new Inserts();
let writer = new IssuedSerialWriter(inserts, serialStatusMetrics(registry));
beforeEach(() => {
  registry = createRegistry('revocation');
  inserts = new Inserts();
  writer = new IssuedSerialWriter(inserts, serialStatusMetrics(registry));
});

const metric = async (name: string) =>
  (await registry.getSingleMetric(`stackrunner_${name}`)?.get())?.values[0]?.value;

describe('the writer of issued serials', () => {
  it('puts events of one turn into one insert, and what comes meanwhile into the next', async () => {
    const first = Promise.all([1, 2, 3].map((count) => writer.record(issued(count))));
    while (inserts.sizes.length === 0) await new Promise(setImmediate);
    const second = Promise.all([4, 5].map((count) => writer.record(issued(count))));
    await Promise.all([first, second]);
    expect(inserts.sizes).toEqual([6, 9]);
    expect(await metric('serials_recorded_total')).toBe(15);
    expect(await metric('serials_waiting')).toBe(0);
  });

  it('bounds an insert, but never splits an event', async () => {
    await Promise.all([4_000, 6_000, 1, 20_000].map((count) => writer.record(issued(count))));
    expect(inserts.sizes).toEqual([10_000, 1, 20_000]);
  });

  it('takes an event without certificates', async () => {
    await writer.record(issued(0));
    expect(inserts.sizes).toEqual([]);
  });

  it('lets one bad event fail alone', async () => {
    inserts.fail = (rows) => (rows.some(({ caId }) => caId === 'bad') ? new Error('bad row') : undefined);
    const outcomes = await Promise.allSettled([
      writer.record(issued(1)),
      writer.record(issued(1, 'bad')),
      writer.record(issued(1)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await metric('serials_waiting')).toBe(0);
  });

  it('fails all at once when the database is away, and serves again afterwards', async () => {
    const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    inserts.fail = () => new DomainError('storage_unavailable', 'Away.', { cause: away });
    const outcomes = await Promise.allSettled([writer.record(issued(1)), writer.record(issued(1))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(inserts.sizes).toEqual([2]);
    inserts.fail = () => undefined;
    await writer.record(issued(1));
    expect(inserts.sizes).toEqual([2, 1]);
  });
});
