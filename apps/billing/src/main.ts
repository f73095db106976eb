import { runService } from '#libs/service';
import { billingMigrations, startBilling } from './billing.module.js';

await runService('billing', { migrations: billingMigrations, start: startBilling });
