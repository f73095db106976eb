// Prints a nats-server configuration for the product: one user a service, each with its own subjects.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.mjs';

const usage = `node deploy/nats/render.mjs --passwords DIR --store-dir DIR [options] > nats-server.conf

  --passwords DIR     one file a user with its password, made (mode 0600) where it is missing
  --store-dir DIR     where NATS keeps the events
  --host HOST         address to listen on (127.0.0.1)
  --port PORT         (4222)
  --client NAME       a program of another that may call the issuer and the provisioner; may be repeated
  --tls-cert FILE     the server's certificate, PEM
  --tls-key FILE      its key, PEM
  --tls-ca FILE       clients must show a certificate of this CA, PEM`;

function options() {
  try {
    return parseArgs({
      options: {
        passwords: { type: 'string' },
        'store-dir': { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4222' },
        client: { type: 'string', multiple: true, default: [] },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'tls-ca': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

function fail(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function passwordOf(folder, user) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, user);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

const given = options();
if (given.help) {
  console.log(usage);
  process.exit(0);
}
if (!given.passwords || !given['store-dir']) fail('--passwords and --store-dir are needed.');
if (Boolean(given['tls-cert']) !== Boolean(given['tls-key']))
  fail('--tls-cert and --tls-key belong together.');
const port = Number(given.port);
if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`--port ${given.port} is not a port.`);

build();
const { natsServerConfig, natsUsers } = await import('../../dist/libs/rpc/src/index.js');
const { IssuerService, ProvisionerService } = await import('../../dist/libs/contracts/src/index.js');

const taken = given.client.find((name) => natsUsers.includes(name) || !/^[A-Za-z0-9_-]+$/.test(name));
if (taken !== undefined) fail(`--client ${taken}: letters, digits, - and _, and not the name of a service.`);
const clients = given.client.map((name) => [
  name,
  { password: passwordOf(given.passwords, name), calls: [IssuerService, ProvisionerService] },
]);
const tls = given['tls-cert'] && { cert: given['tls-cert'], key: given['tls-key'], ca: given['tls-ca'] };

process.stdout.write(
  natsServerConfig({
    host: given.host,
    port,
    storeDir: resolve(given['store-dir']),
    passwords: Object.fromEntries(natsUsers.map((user) => [user, passwordOf(given.passwords, user)])),
    clients: Object.fromEntries(clients),
    ...(tls ? { tls } : {}),
  }),
);
