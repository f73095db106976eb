import { loadConfig } from '#libs/config';
import { runMain } from './run-main.js';
import { startStandalone } from './standalone.js';

await runMain((signal) =>
  startStandalone(loadConfig('standalone'), { once: process.argv.includes('--once'), signal }),
);
