import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '#libs/testing';

const folder = 'deploy/prometheus';
const files = readdirSync(folder);
const rules = files.filter((name) => name.endsWith('.rules.yml'));
const promtool = (...args: string[]) => execFileSync('promtool', args, { encoding: 'utf8', stdio: 'pipe' });
const those = requireTool('promtool', 'npm test takes it out of the Debian package prometheus')
  ? it
  : it.skip;

describe('alert rules', () => {
  those.each(rules)('%s is what Prometheus takes', (name) => {
    expect(promtool('check', 'rules', join(folder, name))).toMatch(/SUCCESS: \d+ rules found/);
  });

  those.each(rules)('%s fires when it should, and not before', (name) => {
    expect(promtool('test', 'rules', join(folder, name.replace(/\.yml$/, '.test.yml')))).toContain('SUCCESS');
  });

  it('ask for metrics that exist, and each alert has its line in the documentation', () => {
    const metrics = new Set(readFileSync('docs/operating.md', 'utf8').match(/stackrunner_\w+/g));
    const page = readFileSync('docs/revocation.md', 'utf8');
    for (const name of rules) {
      const text = readFileSync(join(folder, name), 'utf8');
      const used = text.match(/stackrunner_\w+/g) ?? [];
      expect(used.length).toBeGreaterThan(0);
      expect(used.filter((metric) => !metrics.has(metric))).toEqual([]);
      const alerts = [...text.matchAll(/alert: (\w+)/g)].map(([, alert]) => alert);
      expect(alerts.filter((alert) => !page.includes(`\`${alert}\``))).toEqual([]);
    }
  });
});
