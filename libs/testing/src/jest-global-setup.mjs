// Starts the one PostgreSQL of an integration run. jest loads this file without its transforms, so it uses what
// the build made. A server that the environment names is used as it is.
import { build } from '../../../scripts/build.mjs';

const variable = 'STACKRUNNER_TEST_POSTGRES';

export default async function setup() {
  if (process.env[variable]) return;
  build();
  const { startSharedPostgres } = await import('../../../dist/libs/testing/src/shared-postgres.js');
  globalThis.stackrunnerPostgres = await startSharedPostgres();
  process.env[variable] = globalThis.stackrunnerPostgres.url;
}
