import { loadConfig } from '#libs/config';
import { runProcess } from '#libs/service';
import { startStandalone } from './standalone.js';

const once = process.argv.includes('--once');

await runProcess((signal) => startStandalone(loadConfig('standalone'), { once, signal }));
