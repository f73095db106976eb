import type { DescService } from '@bufbuild/protobuf';
import { clientPermissions, type Permissions, servicePermissions } from './permissions.js';
import { type NatsUser, natsUsers, topology } from './topology.js';

export interface NatsServerSettings {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Where JetStream keeps the events. */
  readonly storeDir: string;
  /** Of each service, in plain text or as a bcrypt hash. */
  readonly passwords: Readonly<Record<NatsUser, string>>;
  /** Programs of others that may call some services. Their names must not be names of services. */
  readonly clients?: Readonly<Record<string, NatsClientAccess>>;
  /** Paths of PEM files; with a CA, clients must show a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string | undefined };
}

export interface NatsClientAccess {
  readonly password: string;
  readonly calls: readonly DescService[];
}

/** Bytes of one message: 128 coalesced requests fit many times. NATS warns above 8 MB. */
const maxPayload = 8 * 1024 * 1024;

/** The configuration file of a nats-server for the product: one user a service, each with its own subjects. */
export function natsServerConfig(settings: NatsServerSettings): string {
  const { host = '127.0.0.1', port, storeDir, tls, clients = {} } = settings;
  const users = [
    ...natsUsers.map((name) =>
      userBlock(name, settings.passwords[name], servicePermissions(name, topology[name])),
    ),
    ...Object.entries(clients).map(([name, { password, calls }]) =>
      userBlock(name, password, clientPermissions(name, calls)),
    ),
  ];
  return [
    `listen: ${quote(`${host}:${port}`)}`,
    'server_name: "stackrunner"',
    `max_payload: ${maxPayload}`,
    // A client that reads too slowly is cut off only when this much waits for it.
    `max_pending: ${16 * maxPayload}`,
    'write_deadline: "10s"',
    `jetstream { store_dir: ${quote(storeDir)} }`,
    ...(tls === undefined ? [] : [tlsBlock(tls)]),
    'authorization {',
    '  users: [',
    ...users,
    '  ]',
    '}',
    '',
  ].join('\n');
}

function userBlock(name: string, password: string, permissions: Permissions): string {
  const { publish, subscribe } = permissions;
  return [
    '    {',
    `      user: ${quote(name)}, password: ${quote(password)}`,
    '      permissions {',
    `        publish { allow: ${list(publish.allow)}${publish.deny.length === 0 ? '' : `, deny: ${list(publish.deny)}`} }`,
    `        subscribe { allow: ${list(subscribe.allow)} }`,
    '      }',
    '    }',
  ].join('\n');
}

function tlsBlock(tls: NonNullable<NatsServerSettings['tls']>): string {
  const authority = tls.ca === undefined ? '' : `, ca_file: ${quote(tls.ca)}, verify: true`;
  return `tls { cert_file: ${quote(tls.cert)}, key_file: ${quote(tls.key)}${authority} }`;
}

function list(subjects: readonly string[]): string {
  return `[\n${subjects.map((subject) => `          ${quote(subject)}`).join(',\n')}\n        ]`;
}

/** A quoted string of NATS's configuration language; without quotes `$` would name a variable. */
function quote(text: string): string {
  return JSON.stringify(text);
}
