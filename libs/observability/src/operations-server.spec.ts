import type { HealthReport } from './health.js';
import { counter, createRegistry } from './metrics.js';
import { type OperationsServer, startOperationsServer } from './operations-server.js';
import { metricProblems } from './testing/metric-problems.js';

describe('the operations server', () => {
  let server: OperationsServer;
  let report: HealthReport = { ready: true, checks: { database: { ready: true } } };

  beforeAll(async () => {
    const registry = createRegistry('issuer', { process: true });
    counter({ registry, name: 'mints_total', help: 'Mints.' }).inc(3);
    server = await startOperationsServer({
      host: '127.0.0.1',
      port: 0,
      registries: [registry],
      ready: async () => report,
    });
  });
  afterAll(() => server.close());

  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

  it('is healthy as long as the process lives', async () => {
    report = { ready: false, checks: { database: { ready: false, message: 'away' } } };
    const answer = await get('/health');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'ok' });
  });

  it('is ready only with every dependency, and says which is missing', async () => {
    report = { ready: true, checks: { database: { ready: true }, nats: { ready: true } } };
    expect((await get('/ready')).status).toBe(200);
    report = { ready: false, checks: { database: { ready: false, message: 'away' }, nats: { ready: true } } };
    const answer = await get('/ready');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'error',
      details: { database: { status: 'down', message: 'away' }, nats: { status: 'up' } },
    });
  });

  it('gives Prometheus its metrics', async () => {
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await answer.text();
    expect(text).toContain('stackrunner_mints_total{service="issuer"} 3');
    expect(metricProblems(text)).toEqual([]);
  });

  it('says in one line that its port is in use', async () => {
    const taken = { host: '127.0.0.1', port: server.port, registries: [], ready: async () => report };
    await expect(startOperationsServer(taken)).rejects.toMatchObject({
      name: 'StartError',
      message: `Port ${server.port} on 127.0.0.1, for health and metrics, is in use.`,
    });
  });

  it('has nothing else', async () => {
    expect((await get('/')).status).toBe(404);
  });
});
