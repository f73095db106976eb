import { randomBytes } from 'node:crypto';
import { type DoubleAlgorithm, type DoubleKey, makeKey, signDigest, wrongSignature } from './double-keys.js';
import { type DoubleAnswer, type DoubleOutcome, type DoubleRequest, startHttpDouble } from './http-double.js';
import type { KmsDouble, KmsDoubleOptions } from './kms-double.js';
import { type KmsCall, KmsFaults } from './kms-faults.js';
import { selfSigned } from './self-signed.js';

const tenant = '11111111-2222-3333-4444-555555555555';
const retentionDays = 90;

export interface AzureDouble extends KmsDouble {
  readonly vaultUrl: string;
  /** PEM that vouches for the double's TLS. */
  readonly ca: string;
}

interface Vault {
  readonly origin: () => string;
  /** Versions by name, the oldest first. */
  readonly keys: Map<string, DoubleKey[]>;
  readonly deleted: Map<string, DoubleKey[]>;
}

/** Azure Key Vault's keys over HTTPS, and the token endpoint of its identity platform. */
export async function startAzureDouble(options: KmsDoubleOptions = {}): Promise<AzureDouble> {
  const faults = new KmsFaults(options.quotas);
  const tls = selfSigned();
  let origin = '';
  const vault: Vault = { origin: () => origin, keys: new Map(), deleted: new Map() };
  const server = await startHttpDouble({
    port: options.port,
    tls,
    answer: (request) => answer(request, vault, faults),
  });
  origin = `https://localhost:${server.port}`;
  const env = {
    STACKRUNNER_KMS: 'azure',
    STACKRUNNER_AZURE_VAULT_URL: origin,
    AZURE_AUTHORITY_HOST: origin,
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: 'double',
    AZURE_CLIENT_SECRET: 'double',
    NODE_EXTRA_CA_CERTS: tls.file,
  };
  return { env, faults, vaultUrl: origin, ca: tls.cert, close: server.close };
}

const json = (body: unknown): DoubleAnswer => ({ status: 200, body });
const failure = (status: number, code: string, message: string, inner?: string): DoubleAnswer => ({
  status,
  body: { error: { code, message, ...(inner && { innererror: { code: inner } }) } },
});

async function answer(request: DoubleRequest, vault: Vault, faults: KmsFaults): Promise<DoubleOutcome> {
  const { method, path, headers } = request;
  const origin = vault.origin();
  if (path.startsWith(`/${tenant}/`)) return authority(path, origin);
  if (!headers.authorization) {
    const challenge = `Bearer authorization="${origin}/${tenant}", resource="https://vault.azure.net"`;
    return {
      ...failure(401, 'Unauthorized', 'A token is missing.'),
      headers: { 'www-authenticate': challenge },
    };
  }
  const [, collection, name = '', version = '', action] = path.split('/');
  const fault = await faults.strike(callOf(request, version, action));
  switch (fault) {
    case 'throttle':
      return failure(429, 'Throttled', 'Request was not processed because too many requests were received.');
    case 'deny':
      return failure(
        403,
        'Forbidden',
        'The user does not have keys permission on the vault.',
        'ForbiddenByRbac',
      );
    case 'unavailable':
      return failure(503, 'ServiceUnavailable', 'Try again.');
    case 'drop':
    case 'hang':
      return fault;
  }
  const body = request.body ? JSON.parse(request.body) : {};
  if (collection === 'deletedkeys') return deletedKeys(vault, name);
  if (name === '') {
    return json({
      value: [...vault.keys.values()].flatMap(([key]) => (key ? [item(key, origin, false)] : [])),
    });
  }
  if (version === 'create') return createKey(vault, name, body);
  const versions = vault.keys.get(name) ?? [];
  if (version === 'versions') return json({ value: versions.map((key) => item(key, origin, true)) });
  if (method === 'DELETE') return deleteKey(vault, name);
  const key = version ? versions.find(({ id }) => id === version) : versions.at(-1);
  if (!key) return failure(404, 'KeyNotFound', `A key with (name/id) ${name}/${version} was not found.`);
  if (method === 'GET') return json(bundle(await shown(key, fault), origin));
  if (action === 'sign') return sign(key, body, { origin, wrong: fault === 'wrong_signature' });
  if (body.attributes?.enabled !== undefined) key.state = body.attributes.enabled ? 'enabled' : 'disabled';
  if (body.tags) key.labels = body.tags;
  return json(bundle(key, origin));
}

async function shown(key: DoubleKey, fault: string | undefined): Promise<DoubleKey> {
  if (fault !== 'wrong_public_key') return key;
  const { publicKey } = await makeKey('', key.algorithm);
  return { ...key, publicKey };
}

function callOf({ method }: DoubleRequest, version: string, action: string | undefined): KmsCall {
  if (action === 'sign') return 'sign';
  if (version === 'create') return 'create';
  return method === 'GET' && version !== '' && version !== 'versions' ? 'public_key' : 'other';
}

/** OpenID Connect discovery and the token endpoint, as far as a client with a secret goes. */
function authority(path: string, origin: string): DoubleAnswer {
  const base = `${origin}/${tenant}`;
  if (path.endsWith('/.well-known/openid-configuration')) {
    return json({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    });
  }
  return json({ token_type: 'Bearer', expires_in: 3_600, access_token: randomBytes(16).toString('hex') });
}

interface CreateBody {
  readonly kty: string;
  readonly crv?: string;
  readonly key_size?: number;
  readonly tags?: Record<string, string>;
}

async function createKey(vault: Vault, name: string, body: CreateBody): Promise<DoubleAnswer> {
  if (vault.deleted.has(name)) {
    return failure(409, 'Conflict', `Key ${name} is currently in a deleted but recoverable state.`);
  }
  const algorithm = (body.crv ?? `RSA-${body.key_size}`) as DoubleAlgorithm;
  const made = await makeKey(name, algorithm);
  // Key Vault's ids are 32 hexadecimal digits, and its times whole seconds.
  const key = {
    ...made,
    id: made.id.replaceAll('-', ''),
    labels: body.tags ?? {},
    hsm: body.kty.endsWith('-HSM'),
  };
  vault.keys.set(name, [...(vault.keys.get(name) ?? []), key]);
  return json(bundle(key, vault.origin()));
}

function deleteKey(vault: Vault, name: string): DoubleAnswer {
  const versions = vault.keys.get(name);
  const [key] = versions ?? [];
  if (!versions || !key) return failure(404, 'KeyNotFound', `${name} was not found.`);
  vault.keys.delete(name);
  for (const each of versions) each.destroyAt = Date.now() + retentionDays * 86_400_000;
  vault.deleted.set(name, versions);
  return json(bundle(key, vault.origin()));
}

function deletedKeys(vault: Vault, name: string): DoubleAnswer {
  if (name === '') {
    return json({
      value: [...vault.deleted.values()].flatMap(([key]) => (key ? [item(key, vault.origin(), false)] : [])),
    });
  }
  const [key] = vault.deleted.get(name) ?? [];
  return key ? json(bundle(key, vault.origin())) : failure(404, 'KeyNotFound', `${name} is not deleted.`);
}

function sign(
  key: DoubleKey,
  { alg, value }: { readonly alg: string; readonly value: string },
  { origin, wrong }: { readonly origin: string; readonly wrong: boolean },
): DoubleAnswer {
  if (key.state === 'disabled') {
    return failure(403, 'Forbidden', 'Operation sign is not allowed on a disabled key.', 'KeyDisabled');
  }
  const names: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384' };
  if (alg !== (names[key.algorithm] ?? 'RS256')) return failure(400, 'BadParameter', 'Algorithm');
  const digest = Buffer.from(value, 'base64url');
  const signature = wrong ? wrongSignature(key, 'ieee-p1363') : signDigest(key, digest, 'ieee-p1363');
  return json({ kid: `${origin}/keys/${key.name}/${key.id}`, value: signature.toString('base64url') });
}

function attributes(key: DoubleKey): object {
  const created = Math.floor(key.createdAt / 1_000);
  return { enabled: key.state === 'enabled', created, updated: created, exportable: false, hsmPlatform: '2' };
}

function deletion({ destroyAt }: DoubleKey): object {
  if (destroyAt === undefined) return {};
  const scheduledPurgeDate = Math.floor(destroyAt / 1_000);
  return {
    recoveryId: 'recover',
    deletedDate: scheduledPurgeDate - retentionDays * 86_400,
    scheduledPurgeDate,
  };
}

function item(key: DoubleKey, origin: string, withVersion: boolean): object {
  const kid = `${origin}/keys/${key.name}${withVersion ? `/${key.id}` : ''}`;
  return { kid, attributes: attributes(key), tags: key.labels, ...deletion(key) };
}

function bundle(key: DoubleKey, origin: string): object {
  const jwk = key.publicKey.export({ format: 'jwk' });
  const kid = `${origin}/keys/${key.name}/${key.id}`;
  const kty = key.hsm ? `${jwk.kty}-HSM` : jwk.kty;
  return {
    key: { ...jwk, kid, kty, key_ops: ['sign', 'verify'] },
    attributes: attributes(key),
    tags: key.labels,
    ...deletion(key),
  };
}
