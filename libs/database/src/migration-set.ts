import type { MigrationInterface } from 'typeorm';
import type { ServiceName } from '#libs/config';
import { serviceRole } from './settings.js';

export type MigrationClass = new () => MigrationInterface;

/**
 * A service's migrations, oldest first. Each class's name ends in its time in milliseconds (13 digits), which
 * TypeORM orders by. They run as the owner, name every table with its schema, and grant the service's role
 * what it needs (`grant`).
 */
export interface MigrationSet {
  readonly service: ServiceName;
  readonly migrations: readonly MigrationClass[];
}

/** The names of a set's migrations that are not among those that have run, in order. */
export function missingMigrations({ migrations }: MigrationSet, done: readonly { name: string }[]): string[] {
  const names = new Set(done.map(({ name }) => name));
  // TypeORM's own rule for a migration's name.
  return migrations
    .map((Migration) => new Migration().name ?? Migration.name)
    .filter((name) => !names.has(name));
}

/** SQL for a migration: what a service's role may do with a table, sequence or function of its schema. */
export function grant(service: ServiceName, privileges: string, object: string): string {
  return `GRANT ${privileges} ON ${object} TO ${serviceRole(service)};`;
}

/** The table in a service's schema where TypeORM notes what has run. */
export const migrationsTable = 'migrations';
