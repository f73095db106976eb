import { runService } from '#libs/service';
import { gatewayMigrations, startGateway } from './gateway.module.js';

await runService('gateway', { migrations: gatewayMigrations, start: startGateway });
