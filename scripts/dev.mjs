// npm run dev: standalone that is rebuilt and started again whenever a source changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { installPackages } from './tools/packages.mjs';

installPackages();
const { build } = await import('./build.mjs');

let child;
let restarting = Promise.resolve();

async function stop() {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function restart() {
  try {
    build({ bundle: false });
  } catch (error) {
    // The last good one goes on serving.
    console.error(error.message);
    return;
  }
  await stop();
  child = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], { stdio: 'inherit', detached: true });
}

let timer;
function changed(_event, file) {
  if (!file || !/\.(ts|sql)$/.test(file) || /\.(spec|story|fault)\.ts$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    console.log(`\n${file} has changed: building and starting again\n`);
    restarting = restarting.then(restart);
  }, 100);
}

for (const folder of ['apps', 'libs']) watch(folder, { recursive: true }, changed);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await restarting;
    await stop();
    process.exit(0);
  });
}
restarting = restart();
