import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { DomainError } from '#libs/errors';
import type { KeyAccess } from '../key-home.js';
import { carries, checkLabels, sameLabels } from '../key-labels.js';
import { checkKeyName, type KeyRef } from '../key-ref.js';
import type { KmsLimits } from '../kms-settings.js';
import type { OpenedSigner } from '../open-signer.js';
import type { CaKeyAlgorithm, KeyAttestation, KeyDescription, KeyLabels, SigningService } from '../signer.js';
import { signerFailure, signerFailureReason } from '../signer-failure.js';
import type { KmsOperation, SignerObserver } from '../signer-observer.js';
import { backoffMs, pause } from './backoff.js';
import { FairQueue } from './fair-queue.js';
import type { DriverKey, KmsDriver } from './kms-driver.js';
import { digestOf, type KnownKey, knownKey, verifies } from './known-key.js';

/** Until when a call may take, and what ends it. */
interface CallLimit {
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly deadline: number;
  /** Why the last try failed: that says more than that time is up. */
  failure?: unknown;
}

export interface RemoteSignerOptions {
  readonly access?: KeyAccess | undefined;
  readonly limits?: KmsLimits | undefined;
  readonly now: () => number;
  readonly observer?: SignerObserver | undefined;
}

/** Milliseconds for everything that is not a signature; making an RSA key in hardware takes seconds. */
const operationMs = 30_000;
const defaultConcurrency = 64;
/** A list for its thread, which would idle while the main one judges the next requests. */
const pkcs11Concurrency = Math.max(12, availableParallelism());
/** With {@link backoffMs} about ten seconds: an outage that lasts longer is told to the caller. */
const maxTries = 10;
/** Public keys that are remembered; the oldest goes first. */
const rememberedKeys = 4_096;

/**
 * A backend behind the port: what every remote key management service needs around its calls. Signatures wait in a
 * fair queue for the account's quota, what may succeed later is tried again within the caller's deadline, and each
 * signature is verified against the key's public key before anybody sees it.
 */
export class RemoteSigner implements OpenedSigner {
  readonly #queue: FairQueue;
  readonly #known = new Map<string, Promise<KnownKey>>();

  constructor(
    private readonly driver: KmsDriver,
    private readonly options: RemoteSignerOptions,
  ) {
    const { concurrency, signaturesPerSecond } = options.limits ?? {};
    const usual = driver.backend === 'pkcs11' ? pkcs11Concurrency : defaultConcurrency;
    this.#queue = new FairQueue({ concurrency: concurrency ?? usual, perSecond: signaturesPerSecond });
  }

  get adopts(): boolean {
    return this.driver.adopts;
  }

  async createKey(name: string, algorithm: CaKeyAlgorithm, labels: KeyLabels): Promise<KeyRef> {
    checkKeyName(name);
    checkLabels(labels);
    const resource = await this.#call('create', (signal) =>
      this.driver.create({ name, algorithm, labels }, signal),
    );
    const found = await this.#describe(resource);
    if (found.algorithm === algorithm && sameLabels(found.labels, labels)) return this.#ref(resource);
    throw signerFailure('key_conflict', `Another key is named ${name}: its algorithm or labels differ.`);
  }

  async describe(key: KeyRef): Promise<KeyDescription> {
    return this.#description(await this.#describe(key.resource));
  }

  async publicKey(key: KeyRef): Promise<Uint8Array> {
    try {
      // Asked anew: whoever asks wants to know what is there now. The next signature is verified with that.
      const spki = await this.#call('public_key', (signal) => this.driver.publicKey(key.resource, signal));
      this.#remember(key.resource, Promise.resolve(spki).then(knownKey));
      return spki;
    } catch (error) {
      // Some backends do not show the public key of a disabled key, which stays what it was.
      const known = signerFailureReason(error) === 'key_disabled' && this.#known.get(key.resource);
      if (known) return (await known).spki;
      throw error;
    }
  }

  async sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]> {
    return this.#until(deadline, key, async (limit) => {
      const known = await this.#knownKey(key.resource, limit);
      return Promise.all(messages.map((message) => this.#signOne(key.resource, known, message, limit)));
    });
  }

  async disable(key: KeyRef): Promise<void> {
    if ((await this.#describe(key.resource)).state !== 'enabled') return;
    try {
      await this.#call('disable', (signal) => this.driver.disable(key.resource, signal));
    } catch (error) {
      // A key that waits for its destruction signs nothing already.
      const reason = signerFailureReason(error);
      if (reason !== 'key_pending_destruction' && reason !== 'key_disabled') throw error;
    }
  }

  async enable(key: KeyRef): Promise<void> {
    const { state, name } = await this.#describe(key.resource);
    if (state === 'enabled') return;
    if (state === 'pending_destruction') {
      throw signerFailure('key_pending_destruction', `Key ${name} is scheduled for destruction.`);
    }
    await this.#call('enable', (signal) => this.driver.enable(key.resource, signal));
  }

  async list(labels: KeyLabels): Promise<KeyDescription[]> {
    checkLabels(labels);
    const keys = await this.#call('list', (signal) => this.driver.list(labels, signal));
    return keys
      .filter((key) => carries(key.labels, labels))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((key) => this.#description(key));
  }

  async scheduleDestruction(key: KeyRef): Promise<void> {
    if ((await this.#describe(key.resource)).state === 'pending_destruction') return;
    await this.#call('destroy', (signal) => this.driver.scheduleDestruction(key.resource, signal));
  }

  async adopt(key: KeyRef, name: string, labels: KeyLabels): Promise<void> {
    checkKeyName(name);
    checkLabels(labels);
    await this.#call('adopt', (signal) => this.driver.adopt(key.resource, name, labels, signal));
  }

  async allowSigning(key: KeyRef, service: SigningService): Promise<string | undefined> {
    return this.#call('allow', (signal) => this.driver.allowSigning(key.resource, service, signal));
  }

  async attestation(key: KeyRef): Promise<KeyAttestation> {
    return this.#call('attest', (signal) => this.driver.attestation(key.resource, signal));
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  async #signOne(
    resource: string,
    known: KnownKey,
    message: Uint8Array,
    limit: CallLimit,
  ): Promise<Uint8Array> {
    const { algorithm } = known;
    const work = { algorithm, message, digest: digestOf(known, message) };
    const { backend } = this.driver;
    const signature = await this.#retrying<Uint8Array>('sign', limit, (call) => {
      const queuedAt = performance.now();
      return this.#queue.run(resource, limit.signal, () => {
        this.options.observer?.waited({ backend, seconds: (performance.now() - queuedAt) / 1_000 });
        return call(() => this.driver.sign(resource, work, limit.signal));
      });
    });
    if (await verifies(known, message, signature)) return signature;
    this.#known.delete(resource);
    throw signerFailure(
      'wrong_signature',
      `The ${backend} backend gave a signature that its key does not verify.`,
    );
  }

  #knownKey(resource: string, limit: CallLimit): Promise<KnownKey> {
    const known = this.#known.get(resource);
    if (known) return known;
    const asking = this.#retrying<Uint8Array>('public_key', limit, (call) =>
      call(() => this.driver.publicKey(resource, limit.signal)),
    ).then(knownKey);
    return this.#remember(resource, asking);
  }

  #remember(resource: string, asking: Promise<KnownKey>): Promise<KnownKey> {
    this.#known.set(resource, asking);
    asking.catch(() => this.#known.delete(resource));
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > rememberedKeys) this.#known.delete(oldest);
    return asking;
  }

  #describe(resource: string): Promise<DriverKey> {
    return this.#call('describe', (signal) => this.driver.describe(resource, signal));
  }

  #call<T>(operation: KmsOperation, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#until(this.options.now() + operationMs, undefined, (limit) =>
      this.#retrying(operation, limit, (call) => call(() => work(limit.signal))),
    );
  }

  /** Ends the work at the deadline, also when the backend does not answer; ends what is left of it when it fails. */
  async #until<T>(
    deadline: number,
    key: KeyRef | undefined,
    work: (limit: CallLimit) => Promise<T>,
  ): Promise<T> {
    const late = () =>
      new DomainError(
        'deadline_exceeded',
        `${key ? `Signing with ${key.resource}` : 'The key management service'} took too long.`,
      );
    const left = deadline - this.options.now();
    if (left <= 0) throw late();
    const controller = new AbortController();
    // Each signature of a list listens to the list's signal.
    setMaxListeners(0, controller.signal);
    const limit: CallLimit = { signal: controller.signal, deadline };
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = limit.failure ?? late();
        controller.abort(error);
        reject(error);
      }, left);
    });
    try {
      return await Promise.race([work(limit), expired]);
    } catch (error) {
      controller.abort(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tries again what may succeed later, while there is time for it; then the last failure counts. */
  async #retrying<T>(
    operation: KmsOperation,
    limit: CallLimit,
    attempt: (call: (work: () => Promise<T>) => Promise<T>) => Promise<T>,
  ): Promise<T> {
    const { signal, deadline } = limit;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt((work) => this.#observed(operation, signal, work));
      } catch (error) {
        const reason = signerFailureReason(error);
        if (reason !== 'throttled' && reason !== 'unreachable') throw error;
        limit.failure = error;
        // At a known rate the queue has just held everybody back, and this one has its turn as soon as they have.
        const first = tries === 1 && reason === 'throttled' && operation === 'sign' && this.#queue.paced;
        const wait = first ? 0 : backoffMs(tries);
        if (tries === maxTries || this.options.now() + wait >= deadline) throw error;
        if (wait > 0) await pause(wait, signal);
      }
    }
  }

  async #observed<T>(operation: KmsOperation, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const { backend } = this.driver;
    const tell = (failure: Parameters<SignerObserver['called']>[0]['failure']): number => {
      const milliseconds = performance.now() - started;
      this.options.observer?.called({ backend, operation, failure, seconds: milliseconds / 1_000 });
      return milliseconds;
    };
    try {
      const result = await work();
      const milliseconds = tell('');
      if (operation === 'sign') this.#queue.succeeded(milliseconds);
      return result;
    } catch (error) {
      if (signal.aborted) {
        tell('deadline_exceeded');
        throw signal.reason;
      }
      const failure = this.#failure(error);
      const reason = signerFailureReason(failure) ?? 'unreachable';
      tell(reason);
      if (operation === 'sign' && reason === 'throttled') this.#queue.throttled();
      throw failure;
    }
  }

  #failure(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    const { reason, message } = this.driver.failureOf(error);
    return signerFailure(reason, message, error);
  }

  #ref(resource: string): KeyRef {
    const { access } = this.options;
    return { backend: this.driver.backend, resource, ...(access && { access }) };
  }

  #description({ resource, ...rest }: DriverKey): KeyDescription {
    return { key: this.#ref(resource), ...rest };
  }
}
