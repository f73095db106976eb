import { createRegistry, type Logger } from '#libs/observability';
import { CeremonyMetrics } from './ceremony.metrics.js';

it('says that it does not know how many ceremonies are unfinished, rather than what it knew before', async () => {
  const registry = createRegistry('provisioner');
  const warnings: string[] = [];
  const logger = { warn: (_: object, message: string) => warnings.push(message) } as unknown as Logger;
  const answers = [async () => 3, () => Promise.reject(new Error('no database'))];
  new CeremonyMetrics(registry, logger, () => (answers.shift() ?? (async () => 1))());
  const shown = () => registry.getSingleMetricAsString('stackrunner_ceremonies_unfinished');
  expect(await shown()).toMatch(/ 3\n?$/);
  expect(await shown()).toMatch(/ NaN\n?$/i);
  expect(warnings).toEqual(['the unfinished ceremonies could not be counted']);
  expect(await shown()).toMatch(/ 1\n?$/);
});
