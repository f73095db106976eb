/** Whatever can write its metrics in Prometheus's text format; prom-client's registries can. */
export interface MetricsSource {
  metrics(): Promise<string>;
}

/**
 * The metrics of several sources in Prometheus's text format. Services of one process have metrics of the
 * same name, told apart by `service`; a name's help and type may stand there once.
 */
export async function metricsText(sources: readonly MetricsSource[]): Promise<string> {
  const families = new Map<string, { header: string[]; samples: string[] }>();
  for (const source of sources) {
    const text = await source.metrics();
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
