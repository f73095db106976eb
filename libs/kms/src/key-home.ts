import { signerFailure } from './signer-failure.js';

/** The key management services that can hold a CA's keys. */
export const kmsBackends = ['local', 'aws', 'google', 'pkcs11', 'azure', 'vault'] as const;
export type KmsBackend = (typeof kmsBackends)[number];

/**
 * As whom a customer's own account is entered. AWS: the role to assume, with the external ID that its trust policy
 * asks for (an identifier, not a secret). Google: the service account to impersonate.
 */
export interface KeyAccess {
  readonly role?: string;
  readonly externalId?: string;
  readonly serviceAccount?: string;
}

/**
 * Where keys are made: a backend, and for a customer who brings its own, the account. Text form:
 * `aws`, `aws?region=eu-west-1&role=arn:aws:iam::111122223333:role/ca&external_id=x`,
 * `google?key_ring=projects/p/locations/l/keyRings/r&service_account=ca@p.iam.gserviceaccount.com`.
 */
export interface KeyHome {
  readonly backend: KmsBackend;
  /** AWS region; default: the installation's. */
  readonly region?: string;
  /** Google key ring, `projects/…/locations/…/keyRings/…`; default: the installation's. */
  readonly keyRing?: string;
  readonly access?: KeyAccess;
}

const accessNames = { role: 'role', externalId: 'external_id', serviceAccount: 'service_account' } as const;
const placeNames = { region: 'region', keyRing: 'key_ring' } as const;

const shapes: Readonly<Record<string, RegExp>> = {
  role: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  external_id: /^[\w+=,.@:/-]{2,1224}$/,
  service_account: /^[a-z0-9-]{1,63}@[a-z0-9.-]{1,190}\.gserviceaccount\.com$/,
  region: /^[a-z]{2}(?:-[a-z]+)+-\d$/,
  key_ring: /^projects\/[\w:.-]{1,63}\/locations\/[\w-]{1,63}\/keyRings\/[\w-]{1,63}$/,
};
const allowed: Readonly<Record<KmsBackend, readonly string[]>> = {
  local: [],
  aws: ['region', 'role', 'external_id'],
  google: ['key_ring', 'service_account'],
  pkcs11: [],
  azure: [],
  vault: [],
};

/** The one-line form that databases and contracts carry. */
export function formatKeyHome(home: KeyHome): string {
  const places = entries(home, placeNames);
  return home.backend + query([...places, ...entries(home.access ?? {}, accessNames)]);
}

/** Reads {@link formatKeyHome}, strictly: people write it. @throws signer_unavailable `bad_key_home` */
export function parseKeyHome(text: string): KeyHome {
  const [name, parameters = ''] = text.split('?', 2);
  const backend = kmsBackends.find((each) => each === name);
  if (!backend) throw bad(`The key home must begin with one of ${kmsBackends.join(', ')}.`);
  const found = new URLSearchParams(parameters);
  for (const [key, value] of found) {
    if (!allowed[backend].includes(key)) throw bad(`The key home ${backend} knows no "${key.slice(0, 40)}".`);
    if (!shapes[key]?.test(value)) throw bad(`The key home's ${key} is not one.`);
  }
  const access = readAccess(parameters);
  if (access?.externalId && !access.role) throw bad("The key home's external_id needs a role.");
  return { backend, ...read(found, placeNames), ...(access && { access }) };
}

/** `?role=…` for a {@link KeyAccess}; empty without one. */
export function writeAccess(access: KeyAccess | undefined): string {
  return query(entries(access ?? {}, accessNames));
}

/** Reads what follows the `?` of {@link writeAccess}; undefined when nothing of it is there. */
export function readAccess(parameters: string): KeyAccess | undefined {
  const access = read(new URLSearchParams(parameters), accessNames);
  return Object.keys(access).length > 0 ? access : undefined;
}

function entries<T extends object>(from: T, names: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(from).flatMap(([key, value]): [string, string][] => {
    const name = names[key];
    return name && typeof value === 'string' ? [[name, value]] : [];
  });
}

/** Not percent-encoded beyond need: an operator reads these in lists and logs. */
function query(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return '';
  const plain = (value: string) => encodeURIComponent(value).replace(/%(?:2F|3A|40)/g, decodeURIComponent);
  return `?${pairs.map(([name, value]) => `${name}=${plain(value)}`).join('&')}`;
}

function read(from: URLSearchParams, names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = from.get(name);
      return value ? [[key, value]] : [];
    }),
  );
}

function bad(message: string) {
  return signerFailure('bad_key_home', message);
}
