#!/usr/bin/env node
// `npx stackrunner …` in a checkout: builds dist/ when it is stale, then runs the command line.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = new URL('../dist/apps/cli/src/main.js', import.meta.url);

if (!existsSync(join(root, 'node_modules', 'commander'))) {
  console.error(`error: the packages are not installed\nInstall them with: npm install   (in ${root})`);
  process.exit(1);
}

// An installed package carries dist/ without the sources; a checkout keeps it current.
if (existsSync(join(root, 'apps', 'cli', 'src', 'main.ts'))) {
  const { build } = await import('./build.mjs');
  try {
    build();
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}

// `stackrunner … | head` closes the pipe early, which is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const { run } = await import(main);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
process.exitCode = await run(process.argv.slice(2), { home: root, version });
