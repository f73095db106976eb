import type { KmsSettings } from '../kms-settings.js';
import type { DriverFailure, DriverKey, KeyWish, KmsDriver, SigningWork } from '../remote/kms-driver.js';
import { Mutex } from '../remote/mutex.js';
import type { KeyAttestation, KeyLabels } from '../signer.js';
import type { Pkcs11Method } from './pkcs11.worker.js';
import { pkcs11Failure } from './pkcs11-errors.js';
import type { Pkcs11Keys } from './pkcs11-keys.js';
import { curves } from './pkcs11-public-key.js';
import { Pkcs11Threads } from './pkcs11-threads.js';

/** PKCS#11 has no unique labels: within a process, one at a time; beyond it, a ceremony's lock sees to that. */
const creations = new Mutex();

/** {@link Pkcs11Keys} on threads of their own. */
export class Pkcs11Driver implements KmsDriver {
  readonly backend = 'pkcs11';
  readonly adopts = true;

  private constructor(
    private readonly threads: Pkcs11Threads,
    private readonly now: () => number,
  ) {}

  /** @throws signer_unavailable `not_configured`, `unreachable`, `permission_denied` */
  static async open({ pkcs11 = {}, limits }: KmsSettings, now: () => number): Promise<Pkcs11Driver> {
    return new Pkcs11Driver(await Pkcs11Threads.open(pkcs11, limits?.concurrency), now);
  }

  create(wish: KeyWish, signal: AbortSignal): Promise<string> {
    return creations.run(wish.name, () => this.#call(signal, 'create', wish));
  }

  describe(resource: string, signal: AbortSignal): Promise<DriverKey> {
    return this.#call(signal, 'describe', resource);
  }

  publicKey(resource: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.#call(signal, 'publicKey', resource);
  }

  sign(
    resource: string,
    { algorithm, message, digest }: SigningWork,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#call(signal, 'sign', resource, algorithm, algorithm in curves ? digest : message);
  }

  disable(resource: string, signal: AbortSignal): Promise<void> {
    return this.#call(signal, 'disable', resource);
  }

  enable(resource: string, signal: AbortSignal): Promise<void> {
    return this.#call(signal, 'enable', resource);
  }

  list(labels: KeyLabels, signal: AbortSignal): Promise<DriverKey[]> {
    return this.#call(signal, 'list', labels);
  }

  scheduleDestruction(resource: string, signal: AbortSignal): Promise<void> {
    return this.#call(signal, 'scheduleDestruction', resource);
  }

  adopt(resource: string, name: string, labels: KeyLabels, signal: AbortSignal): Promise<void> {
    return this.#call(signal, 'adopt', resource, name, labels);
  }

  async allowSigning(): Promise<undefined> {
    // Whoever has the PIN uses all keys of a token.
    return undefined;
  }

  attestation(resource: string, signal: AbortSignal): Promise<KeyAttestation> {
    return this.#call(signal, 'attestation', resource);
  }

  failureOf(error: unknown): DriverFailure {
    return pkcs11Failure(error);
  }

  close(): Promise<void> {
    return this.threads.close();
  }

  #call<M extends Pkcs11Method>(
    signal: AbortSignal,
    method: M,
    ...parameters: Parameters<Pkcs11Keys[M]>
  ): Promise<ReturnType<Pkcs11Keys[M]>> {
    return this.threads.run({ now: this.now(), call: { method, parameters }, signal }) as Promise<
      ReturnType<Pkcs11Keys[M]>
    >;
  }
}
