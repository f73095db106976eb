// Writes what the documentation has from elsewhere: docs/configuration.md from the schemas of libs/config, and the
// table of metrics in docs/operating.md from the sources.
// --check writes nothing and fails when a page is not current. Runs on what the build made.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { metricsTable } from './metrics-table.mjs';

build();
const { configurationMarkdown } = await import('../dist/libs/config/src/index.js');

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const read = (page) => (existsSync(join(root, page)) ? readFileSync(join(root, page), 'utf8') : '');

/** A page with the part between two markers replaced. */
function withPart(page, part, text) {
  const [start, end] = [`<!-- ${part}: written by scripts/generate-docs.mjs -->`, `<!-- end of ${part} -->`];
  const [before, rest] = read(page).split(start);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${page} has no place for its ${part}`);
  return `${before}${start}\n\n${text}\n\n${end}${after}`;
}

const pages = {
  'docs/configuration.md': configurationMarkdown(),
  'docs/operating.md': withPart('docs/operating.md', 'metrics', metricsTable(root)),
};

for (const [page, text] of Object.entries(pages)) {
  if (read(page) === text) continue;
  if (check) {
    console.error(`${page} is not current: run node scripts/generate-docs.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, page), text);
    console.log(`wrote ${page}`);
  }
}
