import pkcs11 from 'pkcs11js';
import type { Pkcs11Settings } from '../kms-settings.js';
import { signerFailure } from '../signer-failure.js';
import { isPkcs11 } from './pkcs11-errors.js';

/** A module is initialised once a process, whoever uses it. */
interface Loaded {
  readonly library: pkcs11.PKCS11;
  users: number;
}

const modules = new Map<string, Loaded>();
/** Sessions that are kept open although nobody uses them. */
const idleSessions = 64;

/** A logged-in token. A session does one operation at a time, so that each borrows one. */
export class Pkcs11Token {
  readonly #idle: Buffer[] = [];

  private constructor(
    readonly library: pkcs11.PKCS11,
    private readonly module: string,
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
    try {
      // By its label: SoftHSM renumbers slots, and so does a machine that restarts.
      const slot = library
        .C_GetSlotList(true)
        .find((each) => library.C_GetTokenInfo(each).label.trim() === token);
      if (!slot) throw signerFailure('unreachable', `${module} has no token with the label ${token}.`);
      const opened = new Pkcs11Token(library, module, slot, pin);
      opened.#idle.push(opened.#session());
      return opened;
    } catch (error) {
      unload(module);
      throw error;
    }
  }

  get info(): pkcs11.TokenInfo {
    return this.library.C_GetTokenInfo(this.slot);
  }

  /** Lends a session for one task; one that failed is closed rather than kept. */
  async use<T>(task: (session: Buffer) => T | Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? this.#session();
    try {
      const result = await task(session);
      if (this.#idle.length < idleSessions) this.#idle.push(session);
      else this.library.C_CloseSession(session);
      return result;
    } catch (error) {
      this.#drop(session);
      throw error;
    }
  }

  close(): void {
    for (const session of this.#idle.splice(0)) this.#drop(session);
    unload(this.module);
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

  #drop(session: Buffer): void {
    try {
      this.library.C_CloseSession(session);
    } catch {
      // It ended with the token or the module; what broke it has been told already.
    }
  }
}

function load(module: string): Loaded['library'] {
  const loaded = modules.get(module);
  if (loaded) {
    loaded.users++;
    return loaded.library;
  }
  const library = new pkcs11.PKCS11();
  try {
    library.load(module);
  } catch (error) {
    throw signerFailure('not_configured', `The PKCS#11 module ${module} cannot be loaded.`, error);
  }
  // Signatures run on several threads; without this, modules may crash.
  library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  modules.set(module, { library, users: 1 });
  return library;
}

function unload(module: string): void {
  const loaded = modules.get(module);
  if (!loaded || --loaded.users > 0) return;
  modules.delete(module);
  loaded.library.C_Finalize();
  loaded.library.close();
}
