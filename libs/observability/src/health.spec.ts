import { checkHealth } from './health.js';

describe('a health report', () => {
  it('is ready when every dependency is', async () => {
    const report = await checkHealth([{ name: 'database', check: async () => undefined }]);
    expect(report).toEqual({ ready: true, checks: { database: { ready: true } } });
  });

  it('names what is wrong', async () => {
    const report = await checkHealth([
      { name: 'database', check: async () => undefined },
      { name: 'nats', check: () => Promise.reject(new Error('NATS is not connected')) },
    ]);
    expect(report).toEqual({
      ready: false,
      checks: { database: { ready: true }, nats: { ready: false, message: 'NATS is not connected' } },
    });
  });

  it('does not wait for a dependency that hangs', async () => {
    const started = performance.now();
    const report = await checkHealth([{ name: 'database', check: () => new Promise(() => undefined) }], 50);
    expect(report.checks.database).toEqual({ ready: false, message: 'no answer within 50 ms' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
