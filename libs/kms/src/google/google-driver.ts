import { createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyManagementServiceClient, protos } from '@google-cloud/kms';
import type { KeyHome } from '../key-home.js';
import { carries } from '../key-labels.js';
import type { KmsSettings } from '../kms-settings.js';
import { inParallel } from '../remote/in-parallel.js';
import type { DriverFailure, DriverKey, KeyWish, KmsDriver, SigningWork } from '../remote/kms-driver.js';
import {
  type CaKeyAlgorithm,
  destructionDelayMs,
  type KeyAttestation,
  type KeyLabels,
  type KeyState,
  type SigningService,
} from '../signer.js';
import { signerFailure, signerFailureReason } from '../signer-failure.js';
import { crc32c } from './crc32c.js';
import { googleClient } from './google-client.js';
import { googleFailure, grpcStatus, isGrpc } from './google-errors.js';

type Version = protos.google.cloud.kms.v1.ICryptoKeyVersion;
type CryptoKey = protos.google.cloud.kms.v1.ICryptoKey;
type Timestamp = protos.google.protobuf.ITimestamp;

const algorithms = {
  'P-256': 'EC_SIGN_P256_SHA256',
  'P-384': 'EC_SIGN_P384_SHA384',
  'RSA-2048': 'RSA_SIGN_PKCS1_2048_SHA256',
  'RSA-3072': 'RSA_SIGN_PKCS1_3072_SHA256',
  'RSA-4096': 'RSA_SIGN_PKCS1_4096_SHA256',
} as const satisfies Record<CaKeyAlgorithm, string>;

/** A crypto key without this label is not ours. */
const mark = 'managed-by';
const product = 'stackrunner';
const roles = ['roles/cloudkms.signer', 'roles/cloudkms.publicKeyViewer'];
const pollMs = 200;
const lookupsAtOnce = 8;
/** The signer tries again itself, so that it counts tries and keeps to the caller's deadline. */
const once = { retry: { retryCodes: [] }, timeout: 30_000 };

/** Google Cloud KMS: a crypto key of one version in a key ring (https://cloud.google.com/kms/docs/reference/rpc). */
export class GoogleDriver implements KmsDriver {
  readonly backend = 'google';
  readonly adopts = true;

  constructor(
    private readonly client: KeyManagementServiceClient,
    private readonly keyRing: string | undefined,
    private readonly settings: KmsSettings,
  ) {}

  /** @throws signer_unavailable `not_configured` when the default home has no key ring */
  static async open(home: KeyHome, settings: KmsSettings): Promise<GoogleDriver> {
    const { endpoint, keyRing } = settings.google ?? {};
    if (settings.backend === 'google' && !keyRing) {
      throw signerFailure(
        'not_configured',
        'STACKRUNNER_GOOGLE_KEY_RING must be set for keys in Google Cloud KMS.',
      );
    }
    return new GoogleDriver(await googleClient(endpoint, home.access), home.keyRing ?? keyRing, settings);
  }

  async create({ name, algorithm, labels }: KeyWish, signal: AbortSignal): Promise<string> {
    const parent = this.#ring();
    const protectionLevel = this.settings.google?.protection ?? 'HSM';
    try {
      await this.client.createCryptoKey(
        {
          parent,
          cryptoKeyId: name,
          cryptoKey: {
            purpose: 'ASYMMETRIC_SIGN',
            versionTemplate: { algorithm: algorithms[algorithm], protectionLevel },
            labels: { ...labels, [mark]: product },
            destroyScheduledDuration: { seconds: destructionDelayMs / 1_000 },
          },
        },
        once,
      );
    } catch (error) {
      if (!isGrpc(error, grpcStatus.alreadyExists)) throw error;
    }
    const resource = `${parent}/cryptoKeys/${name}/cryptoKeyVersions/1`;
    // Hardware takes its time to make a key.
    while ((await this.#version(resource)).state === 'PENDING_GENERATION') {
      await sleep(pollMs, undefined, { signal });
    }
    return resource;
  }

  async describe(resource: string): Promise<DriverKey> {
    const [key, version] = await Promise.all([this.#cryptoKey(resource), this.#version(resource)]);
    return description(key, version);
  }

  async publicKey(resource: string): Promise<Uint8Array> {
    const [{ pem, pemCrc32c }] = await this.client.getPublicKey({ name: resource }, once);
    const text = pem ?? '';
    checkSum(Buffer.from(text), pemCrc32c?.value);
    return createPublicKey(text).export({ format: 'der', type: 'spki' });
  }

  async sign(resource: string, { algorithm, digest }: SigningWork): Promise<Uint8Array> {
    const [answer] = await this.client.asymmetricSign(
      {
        name: resource,
        digest: algorithm === 'P-384' ? { sha384: digest } : { sha256: digest },
        digestCrc32c: { value: crc32c(digest) },
      },
      once,
    );
    if (!answer.verifiedDigestCrc32c) {
      throw signerFailure('unreachable', 'Google KMS did not see the digest as it was sent.');
    }
    const signature = Buffer.from(answer.signature ?? '');
    checkSum(signature, answer.signatureCrc32c?.value);
    return signature;
  }

  async disable(resource: string): Promise<void> {
    await this.#setState(resource, 'DISABLED');
  }

  async enable(resource: string): Promise<void> {
    await this.#setState(resource, 'ENABLED');
  }

  async list(labels: KeyLabels): Promise<DriverKey[]> {
    const wanted = Object.entries({ ...labels, [mark]: product });
    const filter = wanted.map(([name, value]) => `labels.${name}=${value}`).join(' AND ');
    const [keys] = await this.client.listCryptoKeys({ parent: this.#ring(), filter }, once);
    const found = await inParallel(keys, lookupsAtOnce, async (key) => {
      const version = await this.#version(`${key.name}/cryptoKeyVersions/1`).catch((error: unknown) => {
        // Crypto keys stay for ever; one whose version has been destroyed is gone for us.
        if (googleFailure(error).reason === 'key_not_found' || isDestroyed(error)) return undefined;
        throw error;
      });
      return version && description(key, version);
    });
    return found.filter((key) => key !== undefined && carries(key.labels, labels)) as DriverKey[];
  }

  async scheduleDestruction(resource: string): Promise<void> {
    await this.client.destroyCryptoKeyVersion({ name: resource }, once);
  }

  async adopt(resource: string, _name: string, labels: KeyLabels): Promise<void> {
    const name = cryptoKeyOf(resource);
    await this.client.updateCryptoKey(
      { cryptoKey: { name, labels: { ...labels, [mark]: product } }, updateMask: { paths: ['labels'] } },
      once,
    );
  }

  async allowSigning(resource: string, service: SigningService): Promise<string | undefined> {
    const member = this.settings.identities?.[service];
    if (!member) return undefined;
    const name = cryptoKeyOf(resource);
    const [policy] = await this.client.getIamPolicy(asked<'getIamPolicy'>({ resource: name }), once);
    const bindings = [...(policy.bindings ?? [])];
    const missing = roles.filter(
      (role) => !bindings.some((each) => each.role === role && each.members?.includes(member)),
    );
    if (missing.length === 0) return member;
    bindings.push(...missing.map((role) => ({ role, members: [member] })));
    // The etag refuses what was changed since it was read; then this is tried again as a whole.
    const change = { resource: name, policy: { ...policy, bindings } };
    await this.client.setIamPolicy(asked<'setIamPolicy'>(change), once);
    return member;
  }

  async attestation(resource: string): Promise<KeyAttestation> {
    const version = await this.#version(resource);
    const { protectionLevel, algorithm, attestation } = version;
    const attributes = { protectionLevel: String(protectionLevel), algorithm: String(algorithm) };
    if (!attestation?.content) return { attributes };
    const { caviumCerts, googleCardCerts, googlePartitionCerts } = attestation.certChains ?? {};
    return {
      attributes,
      statement: {
        format: String(attestation.format),
        content: Buffer.from(attestation.content),
        certificates: [caviumCerts, googleCardCerts, googlePartitionCerts].flatMap((each) => each ?? []),
      },
    };
  }

  failureOf(error: unknown): DriverFailure {
    return googleFailure(error);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  async #cryptoKey(resource: string): Promise<CryptoKey> {
    return (await this.client.getCryptoKey({ name: cryptoKeyOf(resource) }, once))[0];
  }

  /** @throws signer_unavailable `key_not_found` also of a version whose key material is gone */
  async #version(resource: string): Promise<Version> {
    const [version] = await this.client.getCryptoKeyVersion({ name: resource }, once);
    if (version.state !== 'DESTROYED') return version;
    throw signerFailure('key_not_found', `Key ${resource} was destroyed.`);
  }

  async #setState(resource: string, state: 'ENABLED' | 'DISABLED'): Promise<void> {
    const cryptoKeyVersion = { name: resource, state };
    await this.client.updateCryptoKeyVersion({ cryptoKeyVersion, updateMask: { paths: ['state'] } }, once);
  }

  #ring(): string {
    if (this.keyRing) return this.keyRing;
    throw signerFailure('not_configured', 'No Google key ring is configured, and the key home names none.');
  }
}

type IamRequest<M extends 'getIamPolicy' | 'setIamPolicy'> = Parameters<KeyManagementServiceClient[M]>[0];

/** The client takes a plain object, although its types ask for an instance of its own class. */
function asked<M extends 'getIamPolicy' | 'setIamPolicy'>(request: Partial<IamRequest<M>>): IamRequest<M> {
  return request as IamRequest<M>;
}

function isDestroyed(error: unknown): boolean {
  return signerFailureReason(error) === 'key_not_found';
}

function cryptoKeyOf(version: string): string {
  return version.replace(/\/cryptoKeyVersions\/\d+$/, '');
}

/** @throws signer_unavailable `unreachable`: what came is not what was sent, so it is asked for again */
function checkSum(octets: Uint8Array, expected: unknown): void {
  if (Number(expected) === crc32c(octets)) return;
  throw signerFailure('unreachable', 'An answer of Google KMS was damaged on its way.');
}

function description(key: CryptoKey, version: Version): DriverKey {
  const [algorithm] = Object.entries(algorithms).find(([, each]) => each === version.algorithm) ?? [];
  const resource = version.name ?? '';
  if (!algorithm) throw signerFailure('key_mismatch', `The key ${resource} cannot be a CA's.`);
  const { [mark]: _, ...labels } = key.labels ?? {};
  const state = stateOf(version.state);
  return {
    resource,
    name: (key.name ?? '').split('/').at(-1) ?? '',
    algorithm: algorithm as CaKeyAlgorithm,
    labels,
    state,
    createdAt: milliseconds(version.createTime),
    ...(state === 'pending_destruction' && { destroyAt: milliseconds(version.destroyTime) }),
  };
}

function stateOf(state: Version['state']): KeyState {
  if (state === 'ENABLED') return 'enabled';
  return state === 'DESTROY_SCHEDULED' ? 'pending_destruction' : 'disabled';
}

function milliseconds(time: Timestamp | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}
