import { createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto';
import { DomainError } from '#libs/errors';
import { carries, checkLabels, sameLabels } from '../key-labels.js';
import type { KeyRef } from '../key-ref.js';
import type { KmsSettings } from '../kms-settings.js';
import {
  type CaKeyAlgorithm,
  caSignatureAlgorithms,
  destructionDelayMs,
  type KeyAttestation,
  type KeyDescription,
  type KeyLabels,
  type KeyState,
  type Signer,
} from '../signer.js';
import { signerFailure, signerFailureReason } from '../signer-failure.js';
import { generatePrivateKey } from './generate-key.js';
import type { KeyFile } from './key-file.js';
import { KeyStore } from './key-store.js';

/** Keys in encrypted files, opened in this process's memory: for a laptop, and until a KMS is there. */
export class LocalSigner implements Signer {
  readonly adopts = true;

  /** @throws signer_unavailable `not_configured` without a folder, `wrong_key_encryption_key` */
  static async open(
    { dir, keyFile, createKeyFile, passphrase }: KmsSettings,
    now: () => number,
    warn?: (message: string) => void,
  ): Promise<LocalSigner> {
    if (dir === undefined) {
      throw signerFailure(
        'not_configured',
        'STACKRUNNER_KMS_LOCAL_DIR must be set for keys of the local backend.',
      );
    }
    const store = await KeyStore.open({ backend: 'local', dir, keyFile, createKeyFile, passphrase }, now);
    warn?.(
      `CA keys are held in software: encrypted files in ${dir}. Whoever reads them and their key can sign.`,
    );
    return new LocalSigner(store, now);
  }

  constructor(
    private readonly store: KeyStore,
    private readonly now: () => number,
  ) {}

  async createKey(name: string, algorithm: CaKeyAlgorithm, labels: KeyLabels): Promise<KeyRef> {
    checkLabels(labels);
    const existing = this.#find(name);
    if (existing) return matching(existing, algorithm, labels);

    const privateKey = await generatePrivateKey(algorithm);
    const publicKey = spkiOf(privateKey).toString('base64');
    const file = { name, algorithm, labels, state: 'enabled' as const, createdAt: this.now(), publicKey };
    await this.store.create(file, privateKey);
    // Read back: when another process was first, the key of that name is its key.
    return matching(this.store.read(name), algorithm, labels);
  }

  async describe(key: KeyRef): Promise<KeyDescription> {
    return descriptionOf(this.store.read(key.resource));
  }

  async publicKey(key: KeyRef): Promise<Uint8Array> {
    return spkiOf(this.store.open(key.resource).privateKey);
  }

  async sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]> {
    const { file, privateKey } = this.store.open(key.resource, refuseUnlessEnabled);
    const hash = caSignatureAlgorithms[file.algorithm] === 'ecdsa-sha384' ? 'sha384' : 'sha256';
    const signatures: Uint8Array[] = [];
    for (const message of messages) {
      if (this.now() >= deadline) {
        throw new DomainError('deadline_exceeded', `Signing with ${key.resource} took too long.`);
      }
      signatures.push(signBytes(hash, message, privateKey));
    }
    return signatures;
  }

  disable(key: KeyRef): Promise<void> {
    return this.#setState(key, 'disabled');
  }

  enable(key: KeyRef): Promise<void> {
    return this.#setState(key, 'enabled');
  }

  async list(labels: KeyLabels): Promise<KeyDescription[]> {
    return (await this.store.all()).filter((file) => carries(file.labels, labels)).map(descriptionOf);
  }

  async scheduleDestruction(key: KeyRef): Promise<void> {
    const file = this.store.read(key.resource);
    if (file.state === 'pending_destruction') return;
    const destroyAt = this.now() + destructionDelayMs;
    await this.store.replace({ ...file, state: 'pending_destruction', destroyAt });
  }

  async adopt(key: KeyRef, _name: string, labels: KeyLabels): Promise<void> {
    // The name is the file's, and the reference that others hold.
    await this.store.replace({ ...this.store.read(key.resource), labels: checkLabels(labels) });
  }

  async allowSigning(): Promise<undefined> {
    // Whoever reads the folder can sign with all that is in it.
    return undefined;
  }

  async attestation(key: KeyRef): Promise<KeyAttestation> {
    this.store.read(key.resource);
    return { attributes: { protection: 'software' } };
  }

  async close(): Promise<void> {
    // It holds no connections.
  }

  async #setState(key: KeyRef, state: KeyState): Promise<void> {
    const file = this.store.read(key.resource);
    if (file.state === state) return;
    if (file.state === 'pending_destruction') {
      // Such a key signs nothing already; only waking it up is refused.
      if (state === 'disabled') return;
      throw refusal(file);
    }
    await this.store.replace({ ...file, state });
  }

  #find(name: string): KeyFile | undefined {
    try {
      return this.store.read(name);
    } catch (error) {
      if (signerFailureReason(error) === 'key_not_found') return undefined;
      throw error;
    }
  }
}

function matching(file: KeyFile, algorithm: CaKeyAlgorithm, labels: KeyLabels): KeyRef {
  const same = file.algorithm === algorithm && sameLabels(file.labels, labels);
  if (same) return { backend: 'local', resource: file.name };
  throw signerFailure('key_conflict', `Another key is named ${file.name}: its algorithm or labels differ.`);
}

function descriptionOf(file: KeyFile): KeyDescription {
  const { name, algorithm, labels, state, createdAt, destroyAt } = file;
  const key: KeyRef = { backend: 'local', resource: name };
  return { key, name, algorithm, labels, state, createdAt, ...(destroyAt !== undefined && { destroyAt }) };
}

function refuseUnlessEnabled(file: KeyFile): void {
  if (file.state !== 'enabled') throw refusal(file);
}

function refusal(file: KeyFile): DomainError {
  return file.state === 'disabled'
    ? signerFailure('key_disabled', `Key ${file.name} is disabled.`)
    : signerFailure('key_pending_destruction', `Key ${file.name} is scheduled for destruction.`);
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}
