import { createPublicKey, type JsonWebKey as NodeJwk } from 'node:crypto';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import {
  CryptographyClient,
  type CryptographyClientOptions,
  type DeletedKey,
  type JsonWebKey,
  KeyClient,
  type KeyProperties,
  type KeyVaultKey,
  type UpdateKeyPropertiesOptions,
} from '@azure/keyvault-keys';
import { carries } from '../key-labels.js';
import type { KmsSettings } from '../kms-settings.js';
import { ecdsaDer } from '../remote/ecdsa-signature.js';
import { inParallel } from '../remote/in-parallel.js';
import type { DriverFailure, DriverKey, KeyWish, KmsDriver, SigningWork } from '../remote/kms-driver.js';
import { Mutex } from '../remote/mutex.js';
import type { CaKeyAlgorithm, KeyAttestation, KeyLabels } from '../signer.js';
import { signerFailure } from '../signer-failure.js';
import { azureFailure, isStatus } from './azure-errors.js';

/** A key without this tag is not ours. */
const mark = 'managed-by';
const product = 'stackrunner';
const lookupsAtOnce = 8;
/** Creating a key that exists makes another version of it; beyond this process a ceremony's lock sees to that. */
const creations = new Mutex();

export interface AzureDriverParts {
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
  readonly hsm: boolean;
  /** Of every client: where a test's certificate is trusted. */
  readonly client?: CryptographyClientOptions;
}

/**
 * Azure Key Vault (https://learn.microsoft.com/rest/api/keyvault/keys). A key is its first version; a deleted key can
 * be recovered while the vault retains it, which is how destruction is scheduled there.
 */
export class AzureDriver implements KmsDriver {
  readonly backend = 'azure';
  readonly adopts = true;
  readonly #keys: KeyClient;
  readonly #options: CryptographyClientOptions;
  readonly #signers = new Map<string, CryptographyClient>();

  constructor(private readonly parts: AzureDriverParts) {
    // The signer tries again itself, so that it counts tries and keeps to the caller's deadline.
    this.#options = { retryOptions: { maxRetries: 0 }, ...parts.client };
    this.#keys = new KeyClient(parts.vaultUrl, parts.credential, this.#options);
  }

  /** @throws signer_unavailable `not_configured` */
  static open({ azure }: KmsSettings): AzureDriver {
    const { vaultUrl, protection, customAuthority = false } = azure ?? { protection: 'hsm' };
    if (!vaultUrl) {
      throw signerFailure(
        'not_configured',
        'STACKRUNNER_AZURE_VAULT_URL must be set for keys in Azure Key Vault.',
      );
    }
    // Microsoft's list of authorities does not know one of somebody else's.
    const credential = new DefaultAzureCredential({ disableInstanceDiscovery: customAuthority });
    const client = { disableChallengeResourceVerification: customAuthority };
    return new AzureDriver({ vaultUrl, credential, hsm: protection === 'hsm', client });
  }

  create({ name, algorithm, labels }: KeyWish, abortSignal: AbortSignal): Promise<string> {
    return creations.run(`${this.parts.vaultUrl} ${name}`, async () => {
      const existing = await this.#firstVersion(name, abortSignal);
      if (existing) return existing;
      const { hsm } = this.parts;
      const options = { hsm, tags: tagsOf(labels), keyOps: ['sign', 'verify'], abortSignal };
      const made =
        algorithm === 'P-256' || algorithm === 'P-384'
          ? await this.#keys.createEcKey(name, { ...options, curve: algorithm })
          : await this.#keys.createRsaKey(name, { ...options, keySize: Number(algorithm.slice(4)) });
      return resourceOf(made.properties);
    });
  }

  async describe(resource: string, abortSignal: AbortSignal): Promise<DriverKey> {
    return description(resource, await this.#get(resource, abortSignal));
  }

  async publicKey(resource: string, abortSignal: AbortSignal): Promise<Uint8Array> {
    const { key } = await this.#get(resource, abortSignal);
    if (!key) throw signerFailure('key_mismatch', `The key ${resource} has no public key.`);
    return createPublicKey({ key: publicJwk(key), format: 'jwk' }).export({ format: 'der', type: 'spki' });
  }

  async sign(
    resource: string,
    { algorithm, digest }: SigningWork,
    abortSignal: AbortSignal,
  ): Promise<Uint8Array> {
    const { name } = this.#nameIn(resource);
    const client = this.#signer(resource);
    try {
      if (algorithm.startsWith('RSA')) return (await client.sign('RS256', digest, { abortSignal })).result;
      // RFC 7518 §3.4: the halves one after the other.
      const kind = algorithm === 'P-384' ? 'ES384' : 'ES256';
      return ecdsaDer((await client.sign(kind, digest, { abortSignal })).result);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      // Either it never was, or it is deleted and can be recovered.
      await this.#keys.getDeletedKey(name, { abortSignal });
      throw signerFailure('key_pending_destruction', `Key ${name} is scheduled for destruction.`, error);
    }
  }

  disable(resource: string, abortSignal: AbortSignal): Promise<void> {
    return this.#update(resource, { enabled: false, abortSignal });
  }

  enable(resource: string, abortSignal: AbortSignal): Promise<void> {
    return this.#update(resource, { enabled: true, abortSignal });
  }

  async list(labels: KeyLabels, abortSignal: AbortSignal): Promise<DriverKey[]> {
    const names: string[] = [];
    const ours = ({ tags }: KeyProperties) => tags?.[mark] === product && carries(labelsIn(tags), labels);
    for await (const properties of this.#keys.listPropertiesOfKeys({ abortSignal })) {
      if (ours(properties)) names.push(properties.name);
    }
    const living = await inParallel(names, lookupsAtOnce, async (name) => {
      const resource = await this.#firstVersion(name, abortSignal);
      return resource && this.describe(resource, abortSignal);
    });
    const deleted: DriverKey[] = [];
    for await (const key of this.#keys.listDeletedKeys({ abortSignal })) {
      if (!ours(key.properties)) continue;
      const whole = await this.#keys.getDeletedKey(key.name, { abortSignal });
      deleted.push(description(resourceOf(whole.properties), whole));
    }
    return [...living.filter((key) => key !== undefined && key !== ''), ...deleted];
  }

  async scheduleDestruction(resource: string, abortSignal: AbortSignal): Promise<void> {
    await this.#keys.beginDeleteKey(this.#nameIn(resource).name, { abortSignal });
  }

  adopt(resource: string, _name: string, labels: KeyLabels, abortSignal: AbortSignal): Promise<void> {
    return this.#update(resource, { tags: tagsOf(labels), abortSignal });
  }

  async allowSigning(): Promise<undefined> {
    // Roles on single keys are Azure's management plane, which this identity has no part in: docs/kms.md.
    return undefined;
  }

  async attestation(resource: string, abortSignal: AbortSignal): Promise<KeyAttestation> {
    const { name, version } = this.#nameIn(resource);
    const { keyType, properties } = await this.#keys.getKey(name, { version, abortSignal });
    const { exportable, hsmPlatform, recoveryLevel } = properties;
    const facts = Object.entries({ keyType, exportable, hsmPlatform, recoveryLevel });
    const known = facts.filter(([, value]) => value !== undefined);
    return { attributes: Object.fromEntries(known.map(([fact, value]) => [fact, String(value)])) };
  }

  failureOf(error: unknown): DriverFailure {
    return azureFailure(error);
  }

  async close(): Promise<void> {
    this.#signers.clear();
  }

  /** The key, also while it is deleted and can be recovered. */
  async #get(resource: string, abortSignal: AbortSignal): Promise<KeyVaultKey | DeletedKey> {
    const { name, version } = this.#nameIn(resource);
    try {
      return await this.#keys.getKey(name, { version, abortSignal });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      return this.#keys.getDeletedKey(name, { abortSignal });
    }
  }

  async #update(resource: string, change: UpdateKeyPropertiesOptions): Promise<void> {
    const { name, version } = this.#nameIn(resource);
    await this.#keys.updateKeyProperties(name, version, change);
  }

  /** The oldest version of a key, also of a deleted one; undefined when there is no such key. */
  async #firstVersion(name: string, abortSignal: AbortSignal): Promise<string | undefined> {
    let first: KeyProperties | undefined;
    for await (const properties of this.#keys.listPropertiesOfKeyVersions(name, { abortSignal })) {
      if (!first || ageOf(properties) < ageOf(first)) first = properties;
    }
    if (first) return resourceOf(first);
    try {
      return resourceOf((await this.#keys.getDeletedKey(name, { abortSignal })).properties);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** @throws signer_unavailable `wrong_region` for a key of another vault */
  #nameIn(resource: string): { readonly name: string; readonly version: string } {
    const vault = new URL(this.parts.vaultUrl).origin;
    if (!resource.startsWith(`${vault}/`)) {
      throw signerFailure('wrong_region', `The key ${resource} is not in the vault ${vault}.`);
    }
    const [name = '', version = ''] = resource.split('/').slice(4);
    return { name, version };
  }

  #signer(resource: string): CryptographyClient {
    const known = this.#signers.get(resource);
    if (known) return known;
    const client = new CryptographyClient(resource, this.parts.credential, this.#options);
    this.#signers.set(resource, client);
    return client;
  }
}

/** `https://<vault>/keys/<name>/<version>` */
function resourceOf({ id, vaultUrl, name, version }: KeyProperties): string {
  return id ?? `${vaultUrl}/keys/${name}/${version}`;
}

function ageOf({ createdOn, version }: KeyProperties): string {
  // Times are whole seconds; the version decides between two of the same.
  return `${createdOn?.toISOString() ?? ''} ${version ?? ''}`;
}

function tagsOf(labels: KeyLabels): Record<string, string> {
  return { ...labels, [mark]: product };
}

function labelsIn(tags: Readonly<Record<string, string>> | undefined): KeyLabels {
  const { [mark]: _, ...labels } = tags ?? {};
  return labels;
}

function description(resource: string, key: KeyVaultKey | DeletedKey): DriverKey {
  const { properties } = key;
  const destroyAt =
    'scheduledPurgeDate' in properties && properties.scheduledPurgeDate instanceof Date
      ? properties.scheduledPurgeDate.getTime()
      : undefined;
  return {
    resource,
    name: key.name,
    algorithm: algorithmOf(key),
    labels: labelsIn(properties.tags),
    state: destroyAt !== undefined ? 'pending_destruction' : properties.enabled ? 'enabled' : 'disabled',
    createdAt: properties.createdOn?.getTime() ?? 0,
    ...(destroyAt !== undefined && { destroyAt }),
  };
}

function algorithmOf({ key, name }: KeyVaultKey): CaKeyAlgorithm {
  if (key?.crv === 'P-256' || key?.crv === 'P-384') return key.crv;
  const bits = (key?.n?.length ?? 0) * 8;
  const algorithm = (['RSA-2048', 'RSA-3072', 'RSA-4096'] as const).find((each) => each === `RSA-${bits}`);
  if (algorithm) return algorithm;
  throw signerFailure('key_mismatch', `The key ${name} cannot be a CA's.`);
}

function publicJwk({ crv, x, y, n, e }: JsonWebKey): NodeJwk {
  const text = (octets: Uint8Array | undefined) => Buffer.from(octets ?? []).toString('base64url');
  return crv ? { kty: 'EC', crv, x: text(x), y: text(y) } : { kty: 'RSA', n: text(n), e: text(e) };
}
