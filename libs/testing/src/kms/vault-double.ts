import { type DoubleAlgorithm, type DoubleKey, makeKey, signDigest, wrongSignature } from './double-keys.js';
import { type DoubleAnswer, type DoubleOutcome, type DoubleRequest, startHttpDouble } from './http-double.js';
import type { KmsDouble, KmsDoubleOptions } from './kms-double.js';
import { type KmsCall, KmsFaults } from './kms-faults.js';

const types: Readonly<Record<string, DoubleAlgorithm>> = {
  'ecdsa-p256': 'P-256',
  'ecdsa-p384': 'P-384',
  'rsa-2048': 'RSA-2048',
  'rsa-3072': 'RSA-3072',
  'rsa-4096': 'RSA-4096',
};

interface TransitKey {
  readonly type: string;
  readonly versions: DoubleKey[];
  minEncryption: number;
  deletionAllowed: boolean;
}

/** The token that the double takes. */
export const vaultToken = 'double-token';

/**
 * The transit engine as its documentation describes it
 * (https://developer.hashicorp.com/vault/api-docs/secret/transit), mounted at `transit`.
 */
export async function startVaultDouble(options: KmsDoubleOptions = {}): Promise<KmsDouble> {
  const faults = new KmsFaults(options.quotas);
  const keys = new Map<string, TransitKey>();
  const server = await startHttpDouble({
    port: options.port,
    answer: (request) => answer(request, keys, faults),
  });
  const env = {
    STACKRUNNER_KMS: 'vault',
    VAULT_ADDR: `http://127.0.0.1:${server.port}`,
    VAULT_TOKEN: vaultToken,
  };
  return { env, faults, close: server.close };
}

const failure = (status: number, ...errors: string[]): DoubleAnswer => ({ status, body: { errors } });
const data = (value: object): DoubleAnswer => ({ status: 200, body: { data: value } });

async function answer(
  request: DoubleRequest,
  keys: Map<string, TransitKey>,
  faults: KmsFaults,
): Promise<DoubleOutcome> {
  if (request.headers['x-vault-token'] !== vaultToken) return failure(403, 'permission denied');
  const [, version, mount, kind, name = '', action] = request.path.split('/');
  if (version !== 'v1') return failure(404);
  if (mount === 'auth') {
    const refused = await faults.strike('other');
    return refused ? failure(403, 'permission denied') : { status: 200, body: { auth: { renewable: true } } };
  }
  if (mount !== 'transit') return failure(404, `no handler for route "${mount}".`);
  const key = keys.get(name);
  const body = request.body ? JSON.parse(request.body) : {};
  const fault = await faults.strike(callOf(request, kind, action, key), body.batch_input?.length);
  switch (fault) {
    case 'throttle':
      return failure(429, 'request path "transit": rate limit quota exceeded');
    case 'deny':
      return failure(403, '1 error occurred:\n\t* permission denied\n\n');
    case 'unavailable':
      return failure(503, 'Vault is sealed');
    case 'drop':
    case 'hang':
      return fault;
  }
  if (kind === 'keys' && request.query.get('list') === 'true') {
    return keys.size > 0 ? data({ keys: [...keys.keys()].sort() }) : failure(404);
  }
  if (kind === 'keys' && request.method === 'POST' && !action) return createKey(keys, name, body.type);
  if (!key) return kind === 'sign' ? failure(400, 'signing key not found') : failure(404);
  if (kind === 'sign') return sign(key, body, fault === 'wrong_signature');
  if (request.method === 'GET') return data(await shown(name, key, fault === 'wrong_public_key'));
  if (request.method === 'DELETE') {
    if (!key.deletionAllowed) return failure(400, 'deletion is not allowed for this key');
    keys.delete(name);
    return { status: 204 };
  }
  if (action === 'rotate') key.versions.push(await makeKey(name, algorithmOf(key)));
  else return configure(key, body);
  return { status: 204 };
}

function callOf(request: DoubleRequest, kind = '', action = '', key?: TransitKey): KmsCall {
  if (kind === 'sign') return 'sign';
  if (request.query.has('list')) return 'other';
  if (request.method === 'GET') return 'public_key';
  return kind === 'keys' && request.method === 'POST' && !action && !key ? 'create' : 'other';
}

async function createKey(keys: Map<string, TransitKey>, name: string, type: string): Promise<DoubleAnswer> {
  const algorithm = types[type];
  if (!algorithm || !/^\w(?:[\w.-]*\w)?$/.test(name)) return failure(400, `unknown key type ${type}`);
  const made = await makeKey(name, algorithm);
  // Made already, also by who asked at the same time: nothing changes.
  if (!keys.has(name)) keys.set(name, { type, versions: [made], minEncryption: 0, deletionAllowed: false });
  return data(await shown(name, keys.get(name) ?? failWithout(name), false));
}

function failWithout(name: string): never {
  throw new Error(`${name} is gone`);
}

async function shown(name: string, key: TransitKey, wrong: boolean): Promise<object> {
  const shownKeys = wrong ? [await makeKey(name, algorithmOf(key)), ...key.versions.slice(1)] : key.versions;
  return {
    name,
    type: key.type,
    latest_version: key.versions.length,
    min_encryption_version: key.minEncryption,
    min_decryption_version: 1,
    deletion_allowed: key.deletionAllowed,
    exportable: false,
    allow_plaintext_backup: false,
    imported_key: false,
    keys: Object.fromEntries(
      shownKeys.map(({ publicKey, createdAt }, index) => [
        index + 1,
        {
          creation_time: new Date(key.versions[index]?.createdAt ?? createdAt).toISOString(),
          public_key: publicKey.export({ format: 'pem', type: 'spki' }),
        },
      ]),
    ),
  };
}

interface SignBody {
  readonly batch_input: readonly { readonly input: string }[];
  readonly prehashed?: boolean;
  readonly hash_algorithm?: string;
  readonly key_version?: number;
  readonly signature_algorithm?: string;
  readonly marshaling_algorithm?: string;
}

/** A list (`batch_input`): what fails for one item is an error in its place, and the answer is a 200 all the same. */
function sign(key: TransitKey, body: SignBody, wrong: boolean): DoubleAnswer {
  const { batch_input: items = [] } = body;
  if (items.length === 0) return failure(400, 'missing batch input to process');
  return data({ batch_results: items.map(({ input }) => signOne(key, body, { input, wrong })) });
}

function signOne(
  key: TransitKey,
  body: SignBody,
  { input, wrong }: { readonly input: string; readonly wrong: boolean },
): object {
  const version = body.key_version ?? key.versions.length;
  if (version < key.minEncryption) {
    return { error: 'requested version for signing is less than the minimum encryption key version' };
  }
  const signer = key.versions[version - 1];
  const digest = Buffer.from(input, 'base64');
  const size = body.hash_algorithm === 'sha2-384' ? 48 : 32;
  if (!signer || !body.prehashed || digest.length !== size) return { error: 'invalid input' };
  const rsa = key.type.startsWith('rsa');
  if (rsa ? body.signature_algorithm !== 'pkcs1v15' : body.marshaling_algorithm !== 'asn1') {
    return { error: 'unsupported algorithm' };
  }
  const signature = wrong ? wrongSignature(signer) : signDigest(signer, digest);
  return { signature: `vault:v${version}:${signature.toString('base64')}`, key_version: version };
}

function configure(
  key: TransitKey,
  body: { min_encryption_version?: number; deletion_allowed?: boolean },
): DoubleAnswer {
  const { min_encryption_version: least, deletion_allowed: deletable } = body;
  if (least !== undefined) {
    if (least > key.versions.length) {
      return failure(400, 'cannot set min encryption version higher than the latest key version');
    }
    key.minEncryption = least;
  }
  if (deletable !== undefined) key.deletionAllowed = deletable;
  return { status: 204 };
}

function algorithmOf(key: TransitKey): DoubleAlgorithm {
  return types[key.type] ?? 'P-256';
}
