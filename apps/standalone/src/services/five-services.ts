import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ServiceName, type StandaloneConfig, StartError, serviceNames } from '#libs/config';
import { IssuerService, ProvisionerService } from '#libs/contracts';
import { EmbeddedPostgres } from '#libs/database';
import { natsServerConfig } from '#libs/rpc';
import type { Process } from '#libs/service';
import { randomSecret } from '#libs/x509';
import { openDataFolder, writeWhole } from '../data-folder.js';
import { runDemo } from '../demo/demo.js';
import { ProductClient } from '../demo/product-client.js';
import { originOf, PortClaims } from '../port-claims.js';
import { Steps } from '../steps.js';
import { serviceEnvironments } from './service-environments.js';
import { Supervised } from './supervised.js';

/**
 * Every mint leaves garbage of the young kind: a large nursery and no helper threads that fight the workers for the
 * cores save a sixth of its cost (docs/performance.md). `npm start` has the same flags.
 */
const nodeFlags = ['--single-threaded-gc', '--max-semi-space-size=64'];
const loopback = '127.0.0.1';
const readyWithinMs = 60_000;

export interface FiveServicesOptions {
  /** Path of the nats-server program. */
  readonly natsServer: string;
  /** Stops a start that is under way. */
  readonly signal: AbortSignal;
}

/**
 * Starts PostgreSQL, NATS and the five services as processes of their own, with the configuration that a
 * cluster would give them, and starts again what dies.
 *
 * In the data folder, `services.json` says which process is which, and `nats.json` holds the NATS user of
 * internal services that call the issuer and the provisioner.
 */
export async function startFiveServices(
  config: StandaloneConfig,
  options: FiveServicesOptions,
): Promise<Process> {
  const steps = new Steps();
  const claims = new PortClaims();
  const port = await claims.claim(config.host, config.port);
  const origin = originOf(config.host, port);
  const statusPort = await claims.claimOrFree(config.statusHost, config.port === 0 ? 0 : config.statusPort);
  const folder = openDataFolder(config.dataDir, config.operatorToken);
  const stops: (() => Promise<void>)[] = [() => claims.release()];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  const print = (name: string) => (line: string) => console.log(`${name.padEnd(11)} | ${line}`);
  try {
    const postgres = await steps.run(
      'PostgreSQL',
      () => EmbeddedPostgres.start({ dataDir: folder.database, restart: true, onLog: print('postgresql') }),
      (server) => `port ${server.port}, data in ${folder.database}`,
    );
    stops.push(() => postgres.stop());
    options.signal.throwIfAborted();

    const natsPort = await claims.claim(loopback, 0);
    const natsPasswords = forEachService(() => randomSecret());
    const natsConfig = join(folder.path, 'nats-server.conf');
    const storeDir = join(folder.path, 'nats');
    const access = { url: `nats://${loopback}:${natsPort}`, user: 'internal', password: randomSecret() };
    const rendered = natsServerConfig({
      host: loopback,
      port: natsPort,
      storeDir,
      passwords: natsPasswords,
      clients: { [access.user]: { password: access.password, calls: [IssuerService, ProvisionerService] } },
    });
    writeWhole(natsConfig, rendered);
    writeWhole(join(folder.path, 'nats.json'), `${JSON.stringify(access, null, 2)}\n`);
    const metricsPorts = await claimMetricsPorts(claims, config);
    const environments = serviceEnvironments({
      config: { ...config, port, statusPort },
      folder,
      postgres,
      natsUrl: access.url,
      natsPasswords,
      metricsPorts,
      publicUrl: config.publicUrl ?? origin,
    });
    const onStart = () => {
      const pids = Object.fromEntries(all.map(({ name, pid }) => [name, pid ?? null]));
      writeWhole(join(folder.path, 'services.json'), `${JSON.stringify({ pids, metricsPorts }, null, 2)}\n`);
    };
    const nats = new Supervised({
      name: 'nats',
      command: options.natsServer,
      args: ['--config', natsConfig],
      env: {},
      onLine: print('nats'),
      onStart,
    });
    const services = serviceNames.map(
      (name) =>
        new Supervised({
          name,
          command: process.execPath,
          args: [...nodeFlags, fileURLToPath(new URL(`../../../${name}/src/main.js`, import.meta.url))],
          env: environments[name],
          onLine: print(name),
          onStart,
        }),
    );
    const all = [nats, ...services];
    await claims.release();
    for (const each of all) each.start();
    stops.push(async () => {
      // The gateway first: what it accepted, the others still answer.
      const gateway = services.filter(({ name }) => name === 'gateway');
      const others = services.filter(({ name }) => name !== 'gateway');
      for (const group of [gateway, others, [nats]]) await Promise.all(group.map((each) => each.stop()));
    });
    await steps.run(
      'services',
      () => untilReady(origin, options.signal),
      () => ['nats', ...serviceNames].join(', '),
    );
    steps.note('CRL and OCSP', `${originOf(config.statusHost, statusPort)}/pki, and below the gateway`);
    const client = new ProductClient(origin, folder.operatorToken);
    const farewell = await runDemo({ client, steps, folder: folder.demo, origin });
    console.log(['', `Serving at ${origin}`, ...farewell, '', 'Ctrl-C stops it.'].join('\n'));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function forEachService<T>(make: (service: ServiceName) => T): Record<ServiceName, T> {
  const [gateway, issuer, provisioner, revocation, billing] = [
    make('gateway'),
    make('issuer'),
    make('provisioner'),
    make('revocation'),
    make('billing'),
  ];
  return { gateway, issuer, provisioner, revocation, billing };
}

/** Consecutive ports from the configured one on; all free ones when that is 0. */
async function claimMetricsPorts(
  claims: PortClaims,
  { operations: { host, port } }: StandaloneConfig,
): Promise<Record<ServiceName, number>> {
  const ports = forEachService((service) => (port === 0 ? 0 : port + serviceNames.indexOf(service)));
  for (const service of serviceNames) ports[service] = await claims.claim(host, ports[service]);
  return ports;
}

async function untilReady(origin: string, signal: AbortSignal): Promise<void> {
  let last = '';
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await sleep(100)) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${origin}/ready`);
      if (response.status === 200) return;
      last = await response.text();
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  }
  throw new StartError(`The services are not ready after ${readyWithinMs / 1_000} s: ${last}`);
}
