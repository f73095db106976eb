import type { SignerOptions } from './create-signer.js';
import { formatKeyHome, type KeyHome, type KmsBackend, writeAccess } from './key-home.js';
import type { KeyRef } from './key-ref.js';
import type { KmsSettings } from './kms-settings.js';
import { type OpenedSigner, openSigner } from './open-signer.js';
import type {
  CaKeyAlgorithm,
  KeyAttestation,
  KeyDescription,
  KeyLabels,
  KeyManagement,
  Signer,
  SigningService,
} from './signer.js';

/** Backends that rename or relabel nothing cannot have keys made ahead. */
const withoutAdoption: ReadonlySet<KmsBackend> = new Set(['vault']);

/** All backends of an installation: routes by key reference, and opens a backend when it is needed first. */
export class KeyManager implements KeyManagement {
  readonly home: KeyHome;
  readonly #opened = new Map<string, Promise<OpenedSigner>>();

  constructor(
    private readonly settings: KmsSettings,
    private readonly options: SignerOptions,
  ) {
    this.home = { backend: settings.backend };
  }

  /** Opens the default home. */
  async open(): Promise<void> {
    await this.#at(this.home);
  }

  get adopts(): boolean {
    return !withoutAdoption.has(this.home.backend);
  }

  at(home: KeyHome): Signer {
    return new HomeSigner(home, this, () => this.#at(home));
  }

  async createKey(name: string, algorithm: CaKeyAlgorithm, labels: KeyLabels): Promise<KeyRef> {
    return (await this.#at(this.home)).createKey(name, algorithm, labels);
  }

  async list(labels: KeyLabels): Promise<KeyDescription[]> {
    return (await this.#at(this.home)).list(labels);
  }

  async describe(key: KeyRef): Promise<KeyDescription> {
    return (await this.#of(key)).describe(key);
  }

  async publicKey(key: KeyRef): Promise<Uint8Array> {
    return (await this.#of(key)).publicKey(key);
  }

  async sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]> {
    return (await this.#of(key)).sign(key, messages, deadline);
  }

  async disable(key: KeyRef): Promise<void> {
    await (await this.#of(key)).disable(key);
  }

  async enable(key: KeyRef): Promise<void> {
    await (await this.#of(key)).enable(key);
  }

  async scheduleDestruction(key: KeyRef): Promise<void> {
    await (await this.#of(key)).scheduleDestruction(key);
  }

  async adopt(key: KeyRef, name: string, labels: KeyLabels): Promise<void> {
    await (await this.#of(key)).adopt(key, name, labels);
  }

  async allowSigning(key: KeyRef, service: SigningService): Promise<string | undefined> {
    return (await this.#of(key)).allowSigning(key, service);
  }

  async attestation(key: KeyRef): Promise<KeyAttestation> {
    return (await this.#of(key)).attestation(key);
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.values());
    this.#opened.clear();
    for (const each of opened) if (each.status === 'fulfilled') await each.value.close();
  }

  #of({ backend, resource, access }: KeyRef): Promise<OpenedSigner> {
    if (backend === 'local') return this.#account({ backend });
    // arn:aws:kms:<region>:…: a key is only found where it is.
    const region = backend === 'aws' ? resource.split(':')[3] : undefined;
    return this.#account({ backend, ...(region && { region }), ...(access && { access }) });
  }

  #at(home: KeyHome): Promise<OpenedSigner> {
    return this.#account(home);
  }

  /** One for each account, so that limits and queues are the account's; a failed opening is tried again. */
  #account(home: KeyHome): Promise<OpenedSigner> {
    const id = `${formatKeyHome(home)}${writeAccess(home.access)}`;
    const known = this.#opened.get(id);
    if (known) return known;
    const opening = openSigner(home, this.settings, this.options);
    this.#opened.set(id, opening);
    opening.catch(() => this.#opened.delete(id));
    return opening;
  }
}

/** New keys and lists of one home; keys that exist are reached by their reference. */
class HomeSigner implements Signer {
  constructor(
    private readonly home: KeyHome,
    private readonly all: Signer,
    private readonly open: () => Promise<Signer>,
  ) {}

  get adopts(): boolean {
    return !withoutAdoption.has(this.home.backend);
  }

  async createKey(name: string, algorithm: CaKeyAlgorithm, labels: KeyLabels): Promise<KeyRef> {
    return (await this.open()).createKey(name, algorithm, labels);
  }

  async list(labels: KeyLabels): Promise<KeyDescription[]> {
    return (await this.open()).list(labels);
  }

  describe(key: KeyRef): Promise<KeyDescription> {
    return this.all.describe(key);
  }

  publicKey(key: KeyRef): Promise<Uint8Array> {
    return this.all.publicKey(key);
  }

  sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]> {
    return this.all.sign(key, messages, deadline);
  }

  disable(key: KeyRef): Promise<void> {
    return this.all.disable(key);
  }

  enable(key: KeyRef): Promise<void> {
    return this.all.enable(key);
  }

  scheduleDestruction(key: KeyRef): Promise<void> {
    return this.all.scheduleDestruction(key);
  }

  adopt(key: KeyRef, name: string, labels: KeyLabels): Promise<void> {
    return this.all.adopt(key, name, labels);
  }

  allowSigning(key: KeyRef, service: SigningService): Promise<string | undefined> {
    return this.all.allowSigning(key, service);
  }

  attestation(key: KeyRef): Promise<KeyAttestation> {
    return this.all.attestation(key);
  }
}
