import pkcs11 from 'pkcs11js';
import type { Pkcs11Settings } from '../kms-settings.js';
import { signerFailure } from '../signer-failure.js';
import { isPkcs11 } from './pkcs11-errors.js';

/** A logged-in token, with one session: calls of a thread come one after the other. */
export class Pkcs11Token {
  #opened: Buffer | undefined;

  private constructor(
    readonly library: pkcs11.PKCS11,
    private readonly slot: Buffer,
    private readonly pin: string,
  ) {}

  /** @throws signer_unavailable `not_configured`, `unreachable` without such a token, `permission_denied` */
  static open({ module, token, pin }: Pkcs11Settings): Pkcs11Token {
    for (const [name, value] of Object.entries({ MODULE: module, TOKEN: token, PIN: pin })) {
      if (!value)
        throw signerFailure('not_configured', `STACKRUNNER_PKCS11_${name} must be set for PKCS#11 keys.`);
    }
    if (!module || !token || !pin) throw signerFailure('not_configured', 'PKCS#11 is not configured.');
    const library = load(module);
    // By its label: SoftHSM renumbers slots, and so does a machine that restarts.
    const slot = library.C_GetSlotList(true).find((each) => labelOf(library, each) === token);
    if (!slot) throw signerFailure('unreachable', `${module} has no token with the label ${token}.`);
    const opened = new Pkcs11Token(library, slot, pin);
    opened.#opened = opened.#session();
    return opened;
  }

  get info(): pkcs11.TokenInfo {
    return this.library.C_GetTokenInfo(this.slot);
  }

  /** Lends the session for one task; after one that failed there is a new one. */
  use<T>(task: (session: Buffer) => T): T {
    this.#opened ??= this.#session();
    try {
      return task(this.#opened);
    } catch (error) {
      this.#replace(this.#opened);
      throw error;
    }
  }

  /** @param last whether the module ends too, which is the whole process's */
  close(last: boolean): void {
    if (this.#opened) this.#drop(this.#opened);
    this.#opened = undefined;
    if (last) this.library.C_Finalize();
  }

  #session(): Buffer {
    const { library } = this;
    const session = library.C_OpenSession(this.slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
    try {
      library.C_Login(session, pkcs11.CKU_USER, this.pin);
    } catch (error) {
      // The login is the token's, and all of a process's sessions share it.
      if (isPkcs11(error, pkcs11.CKR_USER_ALREADY_LOGGED_IN)) return session;
      this.#drop(session);
      throw error;
    }
    return session;
  }

  /** Opens first and closes then: a process without sessions is logged out, and the handles of its keys are void. */
  #replace(session: Buffer): void {
    this.#opened = undefined;
    try {
      this.#opened = this.#session();
    } catch {
      // The next task tries again, and tells.
    }
    this.#drop(session);
  }

  #drop(session: Buffer): void {
    try {
      this.library.C_CloseSession(session);
    } catch {
      // It ended with the token or the module; what broke it has been told already.
    }
  }
}

/** Undefined for a token that was taken away just now. */
function labelOf(library: pkcs11.PKCS11, slot: Buffer): string | undefined {
  try {
    return library.C_GetTokenInfo(slot).label.trim();
  } catch {
    return undefined;
  }
}

function load(module: string): pkcs11.PKCS11 {
  const library = new pkcs11.PKCS11();
  try {
    library.load(module);
  } catch (error) {
    throw signerFailure('not_configured', `The PKCS#11 module ${module} cannot be loaded.`, error);
  }
  try {
    // Several threads use it; without this, modules may crash.
    library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  } catch (error) {
    // Once a process, by whichever thread was first.
    if (!isPkcs11(error, pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) throw error;
  }
  return library;
}
