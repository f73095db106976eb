import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { carries } from '../key-labels.js';
import type { KmsSettings } from '../kms-settings.js';
import { Gathering } from '../remote/gathering.js';
import { inParallel } from '../remote/in-parallel.js';
import type { DriverFailure, DriverKey, KeyWish, KmsDriver, SigningWork } from '../remote/kms-driver.js';
import { type CaKeyAlgorithm, destructionDelayMs, type KeyAttestation, type KeyLabels } from '../signer.js';
import { type SignerFailureReason, signerFailure, signerFailureReason } from '../signer-failure.js';
import type { SignerObserver } from '../signer-observer.js';
import { VaultError, VaultHttp, vaultFailure } from './vault-http.js';
import { readVaultKeyName, vaultKeyName } from './vault-key-name.js';

const types: Readonly<Record<CaKeyAlgorithm, string>> = {
  'P-256': 'ecdsa-p256',
  'P-384': 'ecdsa-p384',
  'RSA-2048': 'rsa-2048',
  'RSA-3072': 'rsa-3072',
  'RSA-4096': 'rsa-4096',
};

const keyAnswer = z.object({
  type: z.string(),
  latest_version: z.number(),
  min_encryption_version: z.number(),
  exportable: z.boolean().optional(),
  allow_plaintext_backup: z.boolean().optional(),
  imported_key: z.boolean().optional(),
  keys: z.record(z.string(), z.object({ creation_time: z.string(), public_key: z.string().optional() })),
});
type KeyAnswer = z.output<typeof keyAnswer>;
const listAnswer = z.object({ keys: z.array(z.string()) });
const signAnswer = z.object({
  batch_results: z.array(z.object({ signature: z.string().optional(), error: z.string().optional() })),
});

/** The version that signs. Later ones are made only to say that this one does not. */
const signingVersion = 1;
const disabledVersion = 2;
/** From this version on, the least version that may sign says that the key waits for its end. */
const doomedVersion = 3;
const lookupsAtOnce = 8;
/** Vault signs a list one after the other: with RSA-4096 so many take some 50 ms. */
const signaturesAtOnce = 32;
const hourMs = 3_600_000;

/** Who hears of a token that was not renewed. */
export interface VaultHearing {
  readonly observer?: SignerObserver | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * The transit engine of Vault and OpenBao (https://developer.hashicorp.com/vault/api-docs/secret/transit).
 *
 * Transit has no labels, no disabled keys and no delay before a deletion. Labels are part of a key's name. All
 * signatures are by version 1; a disabled key has a least version of 2 to sign with, which Vault itself enforces for
 * every client, and a key that waits for its end one of 3 or more, whose birth is when the wait began.
 */
export class VaultDriver implements KmsDriver {
  readonly backend = 'vault';
  readonly adopts = false;
  readonly #renewal: NodeJS.Timeout;
  readonly #signing = new Gathering<SigningWork, Uint8Array>({
    mostAtOnce: signaturesAtOnce,
    ask: (resource, works, signal) => this.#signList(resource, works, signal),
  });

  private constructor(
    private readonly http: VaultHttp,
    private readonly mount: string,
    private readonly now: () => number,
    private readonly hearing: VaultHearing & { readonly renewEveryMs: number },
  ) {
    this.#renewal = setInterval(() => void this.#renew(), hearing.renewEveryMs).unref();
  }

  /** @throws signer_unavailable `not_configured` */
  static open({ vault }: KmsSettings, now: () => number, hearing: VaultHearing = {}): VaultDriver {
    const { address, token, mount = 'transit', renewEveryMs = hourMs } = vault ?? {};
    if (!address) throw signerFailure('not_configured', 'VAULT_ADDR must be set for keys in Vault.');
    if (!token) throw signerFailure('not_configured', 'VAULT_TOKEN (or VAULT_TOKEN_FILE) must be set.');
    return new VaultDriver(new VaultHttp(address, token), mount, now, { ...hearing, renewEveryMs });
  }

  async create({ name, algorithm, labels }: KeyWish, signal: AbortSignal): Promise<string> {
    const existing = (await this.#names(signal)).find((each) => readVaultKeyName(each).name === name);
    if (existing) return existing;
    const resource = vaultKeyName(name, labels);
    // Making a key that is there changes nothing.
    await this.#post(`keys/${resource}`, { type: types[algorithm] }, signal);
    return resource;
  }

  async describe(resource: string, signal: AbortSignal): Promise<DriverKey> {
    const key = await this.#read(resource, signal);
    const { name, labels } = readVaultKeyName(resource);
    const [algorithm] = Object.entries(types).find(([, type]) => type === key.type) ?? [];
    if (!algorithm) throw signerFailure('key_mismatch', `The key ${resource} cannot be a CA's.`);
    const { min_encryption_version: least } = key;
    const destroyAt = destroyAtOf(key);
    return {
      resource,
      name,
      algorithm: algorithm as CaKeyAlgorithm,
      labels,
      state: destroyAt ? 'pending_destruction' : least > signingVersion ? 'disabled' : 'enabled',
      createdAt: bornAt(key, signingVersion),
      ...(destroyAt !== undefined && { destroyAt }),
    };
  }

  async publicKey(resource: string, signal: AbortSignal): Promise<Uint8Array> {
    const pem = (await this.#read(resource, signal)).keys[signingVersion]?.public_key;
    if (!pem) throw signerFailure('key_mismatch', `The key ${resource} has no public key.`);
    return createPublicKey(pem).export({ format: 'der', type: 'spki' });
  }

  async sign(resource: string, work: SigningWork, signal: AbortSignal): Promise<Uint8Array> {
    try {
      return await this.#signing.run(resource, work, signal);
    } catch (error) {
      if (vaultFailure(error).reason !== 'key_disabled') throw error;
      if ((await this.describe(resource, signal)).state === 'disabled') throw error;
      throw signerFailure('key_pending_destruction', `Key ${resource} is scheduled for destruction.`, error);
    }
  }

  async disable(resource: string, signal: AbortSignal): Promise<void> {
    await this.#rotateTo(disabledVersion, resource, signal);
    await this.#config(resource, { min_encryption_version: disabledVersion }, signal);
  }

  async enable(resource: string, signal: AbortSignal): Promise<void> {
    await this.#config(resource, { min_encryption_version: 0 }, signal);
  }

  async list(labels: KeyLabels, signal: AbortSignal): Promise<DriverKey[]> {
    const names = (await this.#names(signal)).filter((each) =>
      carries(readVaultKeyName(each).labels, labels),
    );
    const found = await inParallel(names, lookupsAtOnce, (name) =>
      this.describe(name, signal).catch((error: unknown) => {
        // It ended since, or it is no key that signs: not one of ours.
        const reason = signerFailureReason(error) ?? vaultFailure(error).reason;
        if (reason === 'key_not_found' || reason === 'key_mismatch') return undefined;
        throw error;
      }),
    );
    return found.filter((key) => key !== undefined);
  }

  async scheduleDestruction(resource: string, signal: AbortSignal): Promise<void> {
    const latest = await this.#rotateTo(doomedVersion - 1, resource, signal);
    await this.#post(`keys/${resource}/rotate`, {}, signal);
    await this.#config(resource, { min_encryption_version: latest + 1 }, signal);
  }

  async adopt(): Promise<void> {
    throw signerFailure('unsupported', 'Keys in Vault cannot be renamed or relabelled.');
  }

  async allowSigning(): Promise<undefined> {
    // Policies name paths, and are the operator's to write: docs/kms.md.
    return undefined;
  }

  async attestation(resource: string, signal: AbortSignal): Promise<KeyAttestation> {
    const { type, exportable, allow_plaintext_backup, imported_key } = await this.#read(resource, signal);
    const facts = { type, exportable, allow_plaintext_backup, imported_key };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { attributes: Object.fromEntries(known.map(([name, value]) => [name, String(value)])) };
  }

  failureOf(error: unknown): DriverFailure {
    return vaultFailure(error);
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    this.http.close();
  }

  /** The works are of one key, so of one algorithm. */
  async #signList(
    resource: string,
    works: readonly SigningWork[],
    signal: AbortSignal,
  ): Promise<(Uint8Array | VaultError)[]> {
    const algorithm = works[0]?.algorithm ?? 'P-256';
    const body = {
      batch_input: works.map(({ digest }) => ({ input: base64(digest) })),
      prehashed: true,
      hash_algorithm: algorithm === 'P-384' ? 'sha2-384' : 'sha2-256',
      key_version: signingVersion,
      ...(algorithm.startsWith('RSA')
        ? { signature_algorithm: 'pkcs1v15' }
        : { marshaling_algorithm: 'asn1' }),
    };
    const { batch_results } = signAnswer.parse(await this.#post(`sign/${resource}`, body, signal));
    return batch_results.map(({ signature, error }) => {
      // vault:v1:<base64>
      if (signature) return Buffer.from(signature.split(':')[2] ?? '', 'base64');
      return new VaultError(400, error || 'no signature');
    });
  }

  /** @throws signer_unavailable `key_not_found` also when its time has come: then it is deleted here */
  async #read(resource: string, signal: AbortSignal): Promise<KeyAnswer> {
    const path = `${this.mount}/keys/${resource}`;
    const key = keyAnswer.parse(await this.http.call({ method: 'GET', path, signal }));
    const destroyAt = destroyAtOf(key);
    if (destroyAt === undefined || destroyAt > this.now()) return key;
    await this.#config(resource, { deletion_allowed: true }, signal);
    await this.http.call({ method: 'DELETE', path, signal });
    throw signerFailure('key_not_found', `Key ${resource} was destroyed.`);
  }

  async #names(signal: AbortSignal): Promise<string[]> {
    try {
      const answer = await this.http.call({ method: 'GET', path: `${this.mount}/keys?list=true`, signal });
      return listAnswer.parse(answer).keys;
    } catch (error) {
      // An empty list is "not found".
      if (error instanceof VaultError && error.status === 404) return [];
      throw error;
    }
  }

  /** Makes versions until there are so many. Returns how many there are. */
  async #rotateTo(version: number, resource: string, signal: AbortSignal): Promise<number> {
    let { latest_version: latest } = await this.#read(resource, signal);
    for (; latest < version; latest++) await this.#post(`keys/${resource}/rotate`, {}, signal);
    return latest;
  }

  async #config(resource: string, config: object, signal: AbortSignal): Promise<void> {
    await this.#post(`keys/${resource}/config`, config, signal);
  }

  #post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.http.call({ method: 'POST', path: `${this.mount}/${path}`, body, signal });
  }

  /** A token that cannot be renewed is no failure of a signature yet: its end will be. */
  async #renew(): Promise<void> {
    const { observer, warn } = this.hearing;
    const started = performance.now();
    const tell = (failure: SignerFailureReason | '') => {
      const seconds = (performance.now() - started) / 1_000;
      observer?.called({ backend: 'vault', operation: 'renew', failure, seconds });
    };
    try {
      const signal = AbortSignal.timeout(10_000);
      await this.http.call({ method: 'POST', path: 'auth/token/renew-self', body: {}, signal });
      tell('');
    } catch (error) {
      const { reason, message } = vaultFailure(error);
      tell(reason);
      warn?.(`The token of Vault was not renewed (${message}): signatures fail when it expires.`);
    }
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}

/** Epoch milliseconds. */
function bornAt(key: KeyAnswer, version: number): number {
  return Date.parse(key.keys[version]?.creation_time ?? '') || 0;
}

function destroyAtOf(key: KeyAnswer): number | undefined {
  const least = key.min_encryption_version;
  return least < doomedVersion ? undefined : bornAt(key, least) + destructionDelayMs;
}
