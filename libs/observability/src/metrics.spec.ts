import { spawnSync } from 'node:child_process';
import { counter, createRegistry, gauge, histogram } from './metrics.js';
import { metricsText } from './metrics-text.js';
import { metricProblems } from './testing/metric-problems.js';

describe('metrics', () => {
  function registries() {
    const issuer = createRegistry('issuer', { process: true });
    counter({ registry: issuer, name: 'mints_total', help: 'Mints.', labels: ['code'] }).inc({ code: 'ok' });
    histogram({ registry: issuer, name: 'sign_duration_seconds', help: 'Signing.' }).observe(0.001);
    const billing = createRegistry('billing');
    for (const registry of [issuer, billing]) {
      gauge({ registry, name: 'outbox_lag_seconds', help: 'Lag.', collect: (metric) => metric.set(2) });
    }
    return [issuer, billing];
  }

  it('carry the prefix and the service', async () => {
    const text = await metricsText(registries());
    expect(text).toContain('stackrunner_mints_total{code="ok",service="issuer"} 1');
    expect(text).toContain('stackrunner_sign_duration_seconds_bucket{le="0.001",service="issuer"} 1');
    expect(text).toMatch(/process_cpu_user_seconds_total\{service="issuer"\}/);
  });

  it('of several services stand under one help and one type', async () => {
    const text = await metricsText(registries());
    const about = text.split('\n').filter((line) => line.includes('stackrunner_outbox_lag_seconds'));
    expect(about).toEqual([
      '# HELP stackrunner_outbox_lag_seconds Lag.',
      '# TYPE stackrunner_outbox_lag_seconds gauge',
      'stackrunner_outbox_lag_seconds{service="issuer"} 2',
      'stackrunner_outbox_lag_seconds{service="billing"} 2',
    ]);
  });

  it("keep Prometheus's conventions", async () => {
    expect(metricProblems(await metricsText(registries()))).toEqual([]);
  });

  it('satisfy promtool, where the machine has it', async () => {
    const { status, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metricsText(registries()),
      encoding: 'utf8',
    });
    if (error) return;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('that break the conventions are found', () => {
    const text = [
      '# HELP stackrunner_mints Mints.',
      '# TYPE stackrunner_mints counter',
      '# TYPE stackrunner_open_total gauge',
      '# HELP stackrunner_signMs Time.',
      '# TYPE stackrunner_signMs histogram',
      '# HELP mine_seconds Time.',
      '# TYPE mine_seconds gauge',
      '# HELP stackrunner_wait_milliseconds Time.',
      '# TYPE stackrunner_wait_milliseconds gauge',
    ].join('\n');
    expect(metricProblems(text)).toEqual([
      'stackrunner_mints: a counter ends in _total',
      'stackrunner_open_total: no help',
      'stackrunner_open_total: only a counter ends in _total',
      'stackrunner_signMs: lower case and underscores only',
      'mine_seconds: no prefix',
      'stackrunner_wait_milliseconds: use base units',
    ]);
  });
});
