import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkKeyName } from '../key-ref.js';
import type { LocalKmsSettings } from '../kms-settings.js';
import { signerFailure } from '../signer-failure.js';
import { createFile, replaceFile } from './atomic-file.js';
import { seal, open as unseal } from './key-encryption.js';
import { type KeyFile, keyContext, keyFileSuffix, parseKeyFile, serializeKeyFile } from './key-file.js';
import { openStoreKey } from './store-key.js';

interface CachedKey {
  readonly file: KeyFile;
  readonly seen: Stats;
  privateKey?: KeyObject;
}

export interface OpenedKey {
  readonly file: KeyFile;
  readonly privateKey: KeyObject;
}

/** Opened keys that a process keeps; the oldest goes first. */
const cachedKeys = 4096;

/** The key files of one folder. Other processes write there too, so every use looks whether a file changed. */
export class KeyStore {
  readonly #cache = new Map<string, CachedKey>();

  private constructor(
    private readonly dir: string,
    private readonly encryptionKey: Buffer,
    private readonly now: () => number,
  ) {}

  static async open(settings: LocalKmsSettings, now: () => number): Promise<KeyStore> {
    try {
      return new KeyStore(settings.dir, await openStoreKey(settings), now);
    } catch (error) {
      throw storeFailure(`The key store ${settings.dir} cannot be opened`, error);
    }
  }

  /** One `stat` when the file is as it was, which is what a signature pays. @throws `key_not_found` */
  read(name: string): KeyFile {
    return this.#current(name).file;
  }

  /**
   * The key beside its file; decrypted once per content of the file, and only when `usable` agrees to it.
   *
   * @throws signer_unavailable `key_not_found`, `key_corrupt`
   */
  open(name: string, usable?: (file: KeyFile) => void): OpenedKey {
    const cached = this.#current(name);
    usable?.(cached.file);
    cached.privateKey ??= this.#decrypt(cached.file);
    return { file: cached.file, privateKey: cached.privateKey };
  }

  /** Returns false when the name is taken. */
  async create(file: Omit<KeyFile, 'format' | 'privateKey'>, privateKey: KeyObject): Promise<boolean> {
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const sealed = seal(this.encryptionKey, pkcs8, keyContext(file.name, file.algorithm));
    pkcs8.fill(0);
    try {
      return await createFile(
        this.#path(file.name),
        serializeKeyFile({ format: 1, ...file, privateKey: sealed }),
      );
    } catch (error) {
      throw storeFailure(`Key ${file.name} cannot be written`, error);
    }
  }

  async replace(file: KeyFile): Promise<void> {
    try {
      await replaceFile(this.#path(file.name), serializeKeyFile(file));
    } catch (error) {
      throw storeFailure(`Key ${file.name} cannot be written`, error);
    }
    this.#cache.delete(file.name);
  }

  /** Every key of the folder, by name; those that are due for destruction go now. */
  async all(): Promise<KeyFile[]> {
    const names = (await readdir(this.dir))
      .filter((entry) => entry.endsWith(keyFileSuffix))
      .map((entry) => entry.slice(0, -keyFileSuffix.length))
      .sort();
    const files: KeyFile[] = [];
    for (const name of names) {
      const text = await readFile(this.#path(name), 'utf8').catch((error: unknown) => {
        throw storeFailure(`Key ${name} cannot be read`, error);
      });
      const file = parseKeyFile(text, name);
      if (this.#isDue(file)) await this.#destroy(file);
      else files.push(file);
    }
    return files;
  }

  #current(name: string): CachedKey {
    const path = this.#path(name);
    try {
      const seen = statSync(path);
      const cached = this.#cache.get(name);
      if (cached && isSame(cached.seen, seen)) return this.#undestroyed(cached);
      return this.#undestroyed(
        this.#remember(name, { file: parseKeyFile(readFileSync(path, 'utf8'), name), seen }),
      );
    } catch (error) {
      this.#cache.delete(name);
      if (isMissing(error)) throw signerFailure('key_not_found', `There is no key ${name}.`);
      throw storeFailure(`Key ${name} cannot be read`, error);
    }
  }

  #undestroyed(cached: CachedKey): CachedKey {
    if (this.#isDue(cached.file))
      throw signerFailure('key_not_found', `Key ${cached.file.name} was destroyed.`);
    return cached;
  }

  #remember(name: string, cached: CachedKey): CachedKey {
    this.#cache.delete(name);
    this.#cache.set(name, cached);
    if (this.#cache.size > cachedKeys) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    return cached;
  }

  #decrypt(file: KeyFile): KeyObject {
    const pkcs8 = unseal(this.encryptionKey, file.privateKey, keyContext(file.name, file.algorithm));
    if (!pkcs8)
      throw signerFailure('key_corrupt', `Key ${file.name} cannot be decrypted: its file was changed.`);
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    pkcs8.fill(0);
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    if (spki.toString('base64') !== file.publicKey) {
      throw signerFailure('key_corrupt', `The public key in the file of ${file.name} is another key's.`);
    }
    return key;
  }

  #isDue(file: KeyFile): boolean {
    return file.destroyAt !== undefined && file.destroyAt <= this.now();
  }

  async #destroy(file: KeyFile): Promise<void> {
    this.#cache.delete(file.name);
    await unlink(this.#path(file.name)).catch((error: unknown) => {
      if (!isMissing(error)) throw storeFailure(`Key ${file.name} cannot be destroyed`, error);
    });
  }

  #path(name: string): string {
    return join(this.dir, `${checkKeyName(name)}${keyFileSuffix}`);
  }
}

/** A replaced file has another inode, and a time that says so when the inode is used again. */
function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function storeFailure(what: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  // Only system errors are the store's trouble: our own errors already say what is wrong.
  if (!(error instanceof Error) || !(error as NodeJS.ErrnoException).syscall) return error as Error;
  return signerFailure('unreachable', `${what} (${code}).`, error);
}
