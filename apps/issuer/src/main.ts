import { runService } from '#libs/service';
import { issuerMigrations, startIssuer } from './issuer.module.js';

await runService('issuer', { migrations: issuerMigrations, start: startIssuer });
