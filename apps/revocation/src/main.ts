import { runService } from '#libs/service';
import { revocationMigrations, startRevocation } from './revocation.module.js';

await runService('revocation', { migrations: revocationMigrations, start: startRevocation });
