// Every metric of the product, read from the sources: a call of counter, gauge or histogram with literal name and help.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const types = ['counter', 'gauge', 'histogram'];

function sources(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return ['gen', 'testing'].includes(entry.name) ? [] : sources(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

const literal = (text, key) => {
  const match = new RegExp(`${key}:\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)")`).exec(text);
  return match && (match[1] ?? match[2]).replaceAll(/\\(.)/g, '$1');
};

/** What stands in one file. @throws where a metric's name or help is not literal: the table would lack it */
function metricsIn(file, root) {
  const text = readFileSync(file, 'utf8');
  if (!text.includes("'#libs/observability'")) return [];
  const calls = [...text.matchAll(/\b(counter|gauge|histogram)(?:<[^>]*>)?\(/g)];
  return calls.map((call, index) => {
    const body = text.slice(call.index, calls[index + 1]?.index);
    const [type, name, help] = [call[1], literal(body, 'name'), literal(body, 'help')];
    if (!name || !help) throw new Error(`${relative(root, file)}: a ${type} without a literal name and help`);
    const labels = /labels:\s*\[([^\]]*)\]/.exec(body)?.[1] ?? '';
    const [, kind, owner] = /^(apps|libs)\/([^/]+)/.exec(relative(root, file));
    return {
      type,
      name: `stackrunner_${name}`,
      help,
      labels: [...labels.matchAll(/['"](\w+)['"]/g)].map((match) => match[1]),
      service: kind === 'apps' ? owner : 'several services',
    };
  });
}

/** A Markdown table of all metrics, by service and name. */
export function metricsTable(root) {
  const metrics = ['apps', 'libs']
    .flatMap((dir) => sources(join(root, dir)))
    .filter((file) => !file.includes('libs/observability/'))
    .flatMap((file) => metricsIn(file, root))
    .filter(({ type }) => types.includes(type))
    .sort((a, b) => (a.service + a.name < b.service + b.name ? -1 : 1));
  const rows = metrics.map(({ type, name, help, labels, service }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${service} | ${type} | ${labelled} | ${help} |`;
  });
  return ['| metric | of | type | labels | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
