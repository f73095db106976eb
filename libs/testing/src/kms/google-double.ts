import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';
import { type DoubleAlgorithm, type DoubleKey, makeKey, signDigest, wrongSignature } from './double-keys.js';
import { type GoogleIam, type GoogleIdentity, type GoogleTokens, startTokens } from './google-tokens.js';
import type { KmsDouble, KmsDoubleOptions } from './kms-double.js';
import { type KmsCall, KmsFaults } from './kms-faults.js';

const keyRing = 'projects/double/locations/europe-west3/keyRings/stackrunner';
const algorithms: Readonly<Record<string, DoubleAlgorithm>> = {
  EC_SIGN_P256_SHA256: 'P-256',
  EC_SIGN_P384_SHA384: 'P-384',
  RSA_SIGN_PKCS1_2048_SHA256: 'RSA-2048',
  RSA_SIGN_PKCS1_3072_SHA256: 'RSA-3072',
  RSA_SIGN_PKCS1_4096_SHA256: 'RSA-4096',
};
const states = { enabled: 'ENABLED', disabled: 'DISABLED', pending: 'DESTROY_SCHEDULED' } as const;

export interface GoogleDouble extends KmsDouble {
  readonly keyRing: string;
  /** With an identity: who may be impersonated. */
  readonly iam?: GoogleIam;
  /** Members by role of a crypto key. */
  policy(cryptoKey: string): readonly { readonly role: string; readonly members: readonly string[] }[];
  /** The next answers carry sums that do not fit. */
  damage(times: number): void;
}

export interface GoogleDoubleOptions extends KmsDoubleOptions {
  /** With it, the double speaks TLS and takes only tokens of service accounts. */
  readonly identity?: GoogleIdentity;
}

class GrpcError extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

interface Policy {
  readonly etag: Buffer;
  readonly bindings: { role: string; members: string[] }[];
}

type Request = Readonly<Record<string, unknown>>;
type Handler = (request: Request, fault: string | undefined) => Promise<object> | object;

/** Google Cloud KMS over gRPC, from the protos of Google's own package; sums are checked as Google checks them. */
export async function startGoogleDouble(options: GoogleDoubleOptions = {}): Promise<GoogleDouble> {
  const faults = new KmsFaults(options.quotas);
  const kms = new GoogleKms();
  const tokens = options.identity ? await startTokens(options.identity) : undefined;
  const server = new Server();
  for (const [definition, handlers] of await services(kms)) {
    server.addService(
      definition,
      Object.fromEntries(
        handlers.map(([name, call, handler]) => [name, unary({ faults, tokens }, call, handler)]),
      ),
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    const address = `127.0.0.1:${options.port ?? 0}`;
    const own = tokens && {
      private_key: Buffer.from(tokens.tls.key),
      cert_chain: Buffer.from(tokens.tls.cert),
    };
    const credentials = own ? ServerCredentials.createSsl(null, [own]) : ServerCredentials.createInsecure();
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const env = {
    STACKRUNNER_KMS: 'google',
    STACKRUNNER_GOOGLE_KEY_RING: keyRing,
    STACKRUNNER_GOOGLE_KMS_ENDPOINT: `${tokens ? 'localhost' : '127.0.0.1'}:${port}`,
    METADATA_SERVER_DETECTION: 'none',
  };
  return {
    env,
    faults,
    keyRing,
    policy: (name) => kms.policies.get(name)?.bindings ?? [],
    damage: (times) => {
      kms.damaged = times;
    },
    ...(tokens && { iam: tokens.iam }),
    close: async () => {
      server.forceShutdown();
      await tokens?.close();
    },
  };
}

/** What each RPC does, by its service. */
async function services(kms: GoogleKms): Promise<[ServiceDefinition, [string, KmsCall, Handler][]][]> {
  const require = createRequire(import.meta.url);
  const protos = (name: string) => {
    const entry = require.resolve(name);
    return join(entry.slice(0, entry.lastIndexOf('/build/')), 'build', 'protos');
  };
  const includeDirs = [protos('@google-cloud/kms'), protos('google-gax')];
  const files = ['google/cloud/kms/v1/service.proto', 'google/iam/v1/iam_policy.proto'];
  const definition = await load(files, {
    includeDirs,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  // Proof that the files are what they are taken for: a wrong folder gives an empty definition.
  loadPackageDefinition(definition);
  const of = (name: string) => definition[name] as ServiceDefinition;
  return [
    [
      of('google.cloud.kms.v1.KeyManagementService'),
      [
        ['CreateCryptoKey', 'create', (request) => kms.create(request)],
        ['GetCryptoKey', 'other', (request) => kms.cryptoKey(String(request.name))],
        ['GetCryptoKeyVersion', 'other', (request) => kms.version(String(request.name))],
        ['ListCryptoKeys', 'other', (request) => kms.list(request)],
        ['UpdateCryptoKey', 'other', (request) => kms.relabel(request)],
        ['UpdateCryptoKeyVersion', 'other', (request) => kms.setState(request)],
        ['DestroyCryptoKeyVersion', 'other', (request) => kms.destroy(String(request.name))],
        ['GetPublicKey', 'public_key', (request, fault) => kms.publicKey(String(request.name), fault)],
        ['AsymmetricSign', 'sign', (request, fault) => kms.sign(request, fault)],
      ],
    ],
    [
      of('google.iam.v1.IAMPolicy'),
      [
        ['GetIamPolicy', 'other', (request) => kms.policy(String(request.resource))],
        ['SetIamPolicy', 'other', (request) => kms.setPolicy(request)],
      ],
    ],
  ];
}

interface Served {
  readonly faults: KmsFaults;
  readonly tokens: GoogleTokens | undefined;
}

function unary({ faults, tokens }: Served, kind: KmsCall, handler: Handler): UntypedHandleCall {
  return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) => {
    const serve = async () => {
      const [bearer] = call.metadata.get('authorization');
      if (tokens && !tokens.takes(String(bearer))) {
        throw new GrpcError(status.UNAUTHENTICATED, 'Request had invalid authentication credentials.');
      }
      const fault = await faults.strike(kind);
      switch (fault) {
        case 'throttle':
          throw new GrpcError(status.RESOURCE_EXHAUSTED, 'Quota exceeded');
        case 'deny':
          throw new GrpcError(status.PERMISSION_DENIED, `Permission denied on resource ${call.request.name}`);
        case 'unavailable':
        case 'drop':
          throw new GrpcError(status.UNAVAILABLE, 'Connection dropped');
        case 'hang':
          return;
      }
      answer(null, await handler(call.request, fault));
    };
    serve().catch((error: unknown) => {
      const { message } = error instanceof Error ? error : new Error(String(error));
      answer({ code: error instanceof GrpcError ? error.code : status.INTERNAL, details: message });
    });
  };
}

class GoogleKms {
  readonly policies = new Map<string, Policy>();
  damaged = 0;
  readonly #keys = new Map<string, DoubleKey>();

  async create({ parent, cryptoKeyId, cryptoKey }: Request): Promise<object> {
    const { labels, versionTemplate, purpose } = cryptoKey as CryptoKeyWish;
    const name = `${parent}/cryptoKeys/${cryptoKeyId}`;
    if (parent !== keyRing) throw new GrpcError(status.NOT_FOUND, `KeyRing ${parent} not found.`);
    const algorithm = algorithms[versionTemplate.algorithm];
    const wellNamed = /^[\w-]{1,63}$/.test(String(cryptoKeyId));
    if (!algorithm || purpose !== 'ASYMMETRIC_SIGN' || !wellNamed) {
      throw new GrpcError(status.INVALID_ARGUMENT, 'The crypto key is not one.');
    }
    const made = await makeKey(String(cryptoKeyId), algorithm);
    if (this.#keys.has(name)) throw new GrpcError(status.ALREADY_EXISTS, `CryptoKey ${name} already exists.`);
    made.labels = { ...labels };
    made.hsm = versionTemplate.protectionLevel === 'HSM';
    this.#keys.set(name, made);
    return this.cryptoKey(name);
  }

  cryptoKey(name: string): object {
    const { labels, createdAt } = this.#key(name);
    return { name, purpose: 'ASYMMETRIC_SIGN', labels, createTime: timestamp(createdAt) };
  }

  version(name: string): object {
    const { algorithm, state, createdAt, destroyAt, hsm } = this.#key(name);
    const [google] = Object.entries(algorithms).find(([, each]) => each === algorithm) ?? [];
    const gone = destroyAt !== undefined && destroyAt <= Date.now();
    return {
      name,
      state: gone ? 'DESTROYED' : states[state],
      protectionLevel: hsm ? 'HSM' : 'SOFTWARE',
      algorithm: google,
      createTime: timestamp(createdAt),
      attestation: {
        format: 'CAVIUM_V2_COMPRESSED',
        content: Buffer.from(`attestation of ${name}`),
        certChains: { caviumCerts: [], googleCardCerts: [], googlePartitionCerts: [] },
      },
      ...(destroyAt !== undefined && { destroyTime: timestamp(destroyAt) }),
    };
  }

  list({ parent, filter }: Request): object {
    const wanted = String(filter ?? '')
      .split(' AND ')
      .filter((clause) => clause !== '')
      .map((clause) => /^labels\.([\w-]+)=([\w-]*)$/.exec(clause) ?? ['', '', '\0']);
    const cryptoKeys = [...this.#keys]
      .filter(([name]) => name.startsWith(`${parent}/`))
      .filter(([, key]) => wanted.every(([, label = '', value]) => key.labels[label] === value))
      .map(([name]) => this.cryptoKey(name));
    return { cryptoKeys, nextPageToken: '' };
  }

  relabel({ cryptoKey }: Request): object {
    const { name, labels } = cryptoKey as { name: string; labels: Record<string, string> };
    this.#key(name).labels = { ...labels };
    return this.cryptoKey(name);
  }

  setState({ cryptoKeyVersion }: Request): object {
    const { name, state } = cryptoKeyVersion as { name: string; state: string };
    const key = this.#key(name);
    if (key.state === 'pending')
      throw new GrpcError(status.FAILED_PRECONDITION, `${name} is DESTROY_SCHEDULED.`);
    key.state = state === 'ENABLED' ? 'enabled' : 'disabled';
    return this.version(name);
  }

  destroy(name: string): object {
    const key = this.#key(name);
    key.state = 'pending';
    key.destroyAt = Date.now() + 30 * 86_400_000;
    return this.version(name);
  }

  async publicKey(name: string, fault: string | undefined): Promise<object> {
    const key = this.#enabled(name);
    const { publicKey } = fault === 'wrong_public_key' ? await makeKey('', key.algorithm) : key;
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    return { pem, name, pemCrc32c: { value: this.#sum(Buffer.from(pem)) } };
  }

  sign({ name, digest, digestCrc32c }: Request, fault: string | undefined): object {
    const key = this.#enabled(String(name));
    const { sha256, sha384 } = digest as { sha256?: Buffer; sha384?: Buffer };
    const octets = (key.algorithm === 'P-384' ? sha384 : sha256) ?? Buffer.alloc(0);
    if (octets.length === 0) throw new GrpcError(status.INVALID_ARGUMENT, 'The digest is of another kind.');
    const sum = (digestCrc32c as { value?: number } | null)?.value;
    if (sum !== undefined && sum !== castagnoli(octets)) {
      throw new GrpcError(status.INVALID_ARGUMENT, 'The checksum does not match the digest.');
    }
    const signature = fault === 'wrong_signature' ? wrongSignature(key) : signDigest(key, octets);
    return {
      name,
      signature,
      signatureCrc32c: { value: this.#sum(signature) },
      verifiedDigestCrc32c: sum !== undefined,
      protectionLevel: key.hsm ? 'HSM' : 'SOFTWARE',
    };
  }

  policy(resource: string): object {
    this.#key(resource);
    return this.policies.get(resource) ?? { etag: Buffer.from('0'), bindings: [] };
  }

  setPolicy({ resource, policy }: Request): object {
    const { bindings, etag } = policy as Policy;
    const current = this.policy(String(resource)) as Policy;
    if (!current.etag.equals(etag)) throw new GrpcError(status.ABORTED, 'The policy was changed meanwhile.');
    const next = { bindings, etag: Buffer.from(String(Number(current.etag.toString()) + 1)) };
    this.policies.set(String(resource), next);
    return next;
  }

  #sum(octets: Buffer): number {
    return this.damaged-- > 0 ? 1 : castagnoli(octets);
  }

  #key(name: string): DoubleKey {
    const key = this.#keys.get(name.replace(/\/cryptoKeyVersions\/1$/, ''));
    if (key) return key;
    const elsewhere = !name.startsWith(`${keyRing.split('/keyRings/')[0]}/`);
    throw elsewhere
      ? new GrpcError(status.INVALID_ARGUMENT, 'The request was sent to the wrong location.')
      : new GrpcError(status.NOT_FOUND, `${name} not found.`);
  }

  #enabled(name: string): DoubleKey {
    const key = this.#key(name);
    if (key.state === 'enabled') return key;
    throw new GrpcError(
      status.FAILED_PRECONDITION,
      `${name} is not enabled, current state is: ${states[key.state]}.`,
    );
  }
}

interface CryptoKeyWish {
  readonly purpose: string;
  readonly labels: Record<string, string>;
  readonly versionTemplate: { readonly algorithm: string; readonly protectionLevel: string };
}

/** CRC-32C bit by bit: another way than the product's, so that each checks the other. */
function castagnoli(octets: Uint8Array): number {
  let value = ~0;
  for (const octet of octets) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (value ^ (octet >>> bit)) & 1;
      value = (value >>> 1) ^ (carry ? 0x82f63b78 : 0);
    }
  }
  return ~value >>> 0;
}

function timestamp(milliseconds: number): object {
  return { seconds: Math.floor(milliseconds / 1_000), nanos: (milliseconds % 1_000) * 1_000_000 };
}
