import type { Registry } from 'prom-client';

/**
 * The metrics of several registries in Prometheus's text format. Services of one process have metrics of the
 * same name, told apart by `service`; a name's help and type may stand there once.
 */
export async function metricsText(registries: readonly Registry[]): Promise<string> {
  const families = new Map<string, { header: string[]; samples: string[] }>();
  for (const registry of registries) {
    const text = await registry.metrics();
    let family: { header: string[]; samples: string[] } | undefined;
    for (const line of text.split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (name) {
        family = families.get(name) ?? { header: [], samples: [] };
        families.set(name, family);
        if (!family.header.includes(line)) family.header.push(line);
      } else if (line !== '') family?.samples.push(line);
    }
  }
  const lines = [...families.values()].flatMap(({ header, samples }) => [...header, ...samples]);
  return `${lines.join('\n')}\n`;
}
