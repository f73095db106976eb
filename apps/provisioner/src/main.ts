import { runService } from '#libs/service';
import { provisionerMigrations, startProvisioner } from './provisioner.module.js';

await runService('provisioner', { migrations: provisionerMigrations, start: startProvisioner });
