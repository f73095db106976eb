import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '#libs/database';

/** Where specs find the PostgreSQL of a test run: the URL of a superuser. */
export const sharedPostgresVariable = 'STACKRUNNER_TEST_POSTGRES';

/** One PostgreSQL for a whole test run. */
export interface SharedPostgres {
  /** As a superuser, who may make databases and roles. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the embedded PostgreSQL in a temporary folder, without durability; or a container, where an engine
 * answers at DOCKER_HOST and STACKRUNNER_TEST_CONTAINERS=1 asks for it.
 */
export async function startSharedPostgres(): Promise<SharedPostgres> {
  if (process.env.STACKRUNNER_TEST_CONTAINERS === '1' && process.env.DOCKER_HOST) return startContainer();
  const dataDir = mkdtempSync(join(tmpdir(), 'stackrunner-test-'));
  const server = await EmbeddedPostgres.start({ dataDir, durable: false, sharedBuffersMb: 128 });
  return {
    url: server.ownerUrl('postgres'),
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function startContainer(): Promise<SharedPostgres> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer('postgres:18-alpine').start();
  return {
    url: container.getConnectionUri(),
    async stop() {
      await container.stop();
    },
  };
}
