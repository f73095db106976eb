// Writes the pages that have a source elsewhere: docs/configuration.md from the schemas of libs/config.
// --check writes nothing and fails when a page is not current. Runs on what the build made.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

build();
const { configurationMarkdown } = await import('../dist/libs/config/src/index.js');

const pages = { 'docs/configuration.md': configurationMarkdown() };
const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');

for (const [page, text] of Object.entries(pages)) {
  const path = join(root, page);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) {
    console.error(`${page} is not current: run node scripts/generate-docs.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${page}`);
  }
}
