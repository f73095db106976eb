import { loadConfig } from '#libs/config';
import { runProcess } from '#libs/service';
import { startFiveServices } from './services/five-services.js';

const [natsServer = 'nats-server'] = process.argv.slice(2);

await runProcess((signal) => startFiveServices(loadConfig('standalone'), { natsServer, signal }));
