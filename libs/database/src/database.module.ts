import type { DynamicModule } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions, EntitySchema, MixedList } from 'typeorm';
import type { ServiceName } from '#libs/config';
import { connectionOptions, type DatabaseSettings } from './settings.js';

export interface DatabaseModuleOptions {
  readonly service: ServiceName;
  // TypeORM's own way of saying "a class".
  readonly entities: MixedList<EntityClass | EntitySchema>;
}
type EntityClass = new () => object;

/** TypeORM's options for one service: its own role, its own schema; the schema comes from migrations only. */
export function dataSourceOptions(
  settings: DatabaseSettings,
  { service, entities }: DatabaseModuleOptions,
): DataSourceOptions {
  const { max, ...extra } = connectionOptions(settings, `stackrunner ${service}`);
  return {
    type: 'postgres',
    url: settings.url,
    schema: service,
    entities,
    synchronize: false,
    installExtensions: false,
    poolSize: max,
    extra,
    // A broken idle connection is replaced; whoever uses a broken one gets the error.
    poolErrorHandler: () => undefined,
  };
}

/**
 * Connects TypeORM within a service's Nest application. A service waits for its schema first
 * (`waitForSchema`), so a failure here is final.
 */
export function databaseModule(settings: DatabaseSettings, options: DatabaseModuleOptions): DynamicModule {
  return TypeOrmModule.forRoot({
    ...dataSourceOptions(settings, options),
    // Named, because the five services may share a process, and TypeORM keeps a registry in it.
    name: options.service,
    retryAttempts: 1,
  });
}

/** The injection token of the `DataSource` that `databaseModule` makes for a service. */
export function dataSourceToken(service: ServiceName): ReturnType<typeof getDataSourceToken> {
  return getDataSourceToken(service);
}
