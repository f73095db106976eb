import { jest } from '@jest/globals';
import { createLogger } from '#libs/observability';
import { PeriodicJob } from './periodic-job.js';

describe('a periodic job', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('runs again and again, sooner after a failure, until it is stopped', async () => {
    const turns: number[] = [];
    const job = new PeriodicJob({
      name: 'test',
      everyMs: 3_600_000,
      logger: createLogger('test', 'silent'),
      work: async () => {
        turns.push(Date.now());
        if (turns.length === 2) throw new Error('not now');
      },
    });
    const start = Date.now();
    await jest.advanceTimersByTimeAsync(2 * 3_600_000 + 60_000);
    expect(turns.map((at) => at - start)).toEqual([3_600_000, 7_200_000, 7_260_000]);
    await job.stop();
    await jest.advanceTimersByTimeAsync(10 * 3_600_000);
    expect(turns).toHaveLength(3);
  });
});
