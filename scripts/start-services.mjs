// npm run start:services: NATS, PostgreSQL and the five services as processes of their own.
import { installPackages } from './tools/packages.mjs';

if (process.argv.includes('--help')) {
  console.log(`npm run start:services     PostgreSQL, NATS and the five services, each as its own process

It finds nats-server on the PATH, or unpacks Debian's package into .tools/. What dies is started again.
STACKRUNNER_PORT (8080), STACKRUNNER_HOST (127.0.0.1), STACKRUNNER_DATA_DIR (.stackrunner),
STACKRUNNER_METRICS_PORT (9464, and the four ports after it); all options: docs/configuration.md.`);
  process.exit(0);
}

installPackages({ production: true });
try {
  const { build } = await import('./build.mjs');
  const { findNatsServer } = await import('./tools/nats-server.mjs');
  build();
  process.argv.splice(2, process.argv.length, findNatsServer());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await import('../dist/apps/standalone/src/services.main.js');
