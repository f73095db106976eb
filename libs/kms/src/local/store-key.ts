import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LocalKmsSettings } from '../kms-settings.js';
import { signerFailure } from '../signer-failure.js';
import { createFile } from './atomic-file.js';
import {
  deriveKey,
  freshScryptParameters,
  keyBytes,
  open,
  type ScryptParameters,
  type Sealed,
  seal,
} from './key-encryption.js';

/** `store.json`: how the folder's keys are encrypted, and a known text under that key. */
interface StoreHeader {
  readonly format: 1;
  readonly scrypt?: ScryptParameters;
  readonly check: Sealed;
}

const checkContext = 'stackrunner key store v1';
const checkText = 'the right key opens this';
const headerName = 'store.json';

/**
 * The key that encrypts the keys of a folder; makes folder, key file and header when they are missing.
 *
 * @throws signer_unavailable `wrong_key_encryption_key` when the folder was encrypted under another key
 */
export async function openStoreKey(settings: LocalKmsSettings): Promise<Buffer> {
  await mkdir(settings.dir, { recursive: true, mode: 0o700 });
  const path = join(settings.dir, headerName);
  const header = await readHeader(path);
  if (header) return verified(header, await keyFor(header, settings), settings);

  const scrypt = settings.passphrase === undefined ? undefined : freshScryptParameters();
  const key = await keyFor(scrypt ? { scrypt } : {}, settings, settings.createKeyFile === true);
  const check = seal(key, Buffer.from(checkText), checkContext);
  const fresh: StoreHeader = { format: 1, ...(scrypt && { scrypt }), check };
  if (await createFile(path, `${JSON.stringify(fresh, null, 2)}\n`)) return key;
  // Another process was first, with its own salt.
  return openStoreKey(settings);
}

async function readHeader(path: string): Promise<StoreHeader | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as StoreHeader;
  } catch (cause) {
    throw signerFailure('key_corrupt', `${path} is not a key store header.`, cause);
  }
}

function verified(header: StoreHeader, key: Buffer, { dir }: LocalKmsSettings): Buffer {
  if (open(key, header.check, checkContext)?.toString() === checkText) return key;
  throw signerFailure(
    'wrong_key_encryption_key',
    `The keys in ${dir} were encrypted under another key file or passphrase.`,
  );
}

async function keyFor(
  header: Pick<StoreHeader, 'scrypt'>,
  { dir, keyFile, passphrase }: LocalKmsSettings,
  mayCreate = false,
): Promise<Buffer> {
  if ((keyFile === undefined) === (passphrase === undefined)) {
    throw signerFailure('wrong_key_encryption_key', 'Give the local key store a key file or a passphrase.');
  }
  if (passphrase !== undefined && header.scrypt) return deriveKey(passphrase, header.scrypt);
  if (keyFile !== undefined && !header.scrypt) return readKeyFile(keyFile, mayCreate);
  const made = header.scrypt ? 'a passphrase' : 'a key file';
  throw signerFailure('wrong_key_encryption_key', `The keys in ${dir} are encrypted under ${made}.`);
}

async function readKeyFile(path: string, mayCreate: boolean): Promise<Buffer> {
  const text = await readIfThere(path);
  if (text === undefined && mayCreate) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await createFile(path, `${randomBytes(keyBytes).toString('base64')}\n`);
    return readKeyFile(path, false);
  }
  if (text === undefined) throw signerFailure('wrong_key_encryption_key', `The key file ${path} is missing.`);
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) {
    throw signerFailure('wrong_key_encryption_key', `The key file ${path} must hold 32 octets in base64.`);
  }
  const { mode } = await stat(path);
  // Group reading is allowed: a cluster mounts secrets so for the user of a container.
  if ((mode & 0o027) !== 0) {
    throw signerFailure('wrong_key_encryption_key', `Others can use the key file ${path}: chmod 600 it.`);
  }
  return key;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw signerFailure('unreachable', `${path} cannot be read.`, error);
  }
}
