import { type KeyAccess, type KmsBackend, kmsBackends, readAccess, writeAccess } from './key-home.js';
import { signerFailure } from './signer-failure.js';

/** Names one key of one backend, with all that a service needs to reach it: plain data. */
export interface KeyRef {
  readonly backend: KmsBackend;
  /**
   * The key in the words of its backend: a name (`local`, `azure`, `vault`), an ARN (`aws`), a crypto key version
   * (`google`), or the hexadecimal CKA_ID (`pkcs11`).
   */
  readonly resource: string;
  /** As whom it is used, where that is not the installation's own identity. */
  readonly access?: KeyAccess;
}

/** Lower case, digits and `-`, at most 63: what every backend accepts (Google allows no more), and no path separator. */
const keyName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Nothing that a line, a log or the `?` of the text form could trip over. */
const resource = /^[\w./:+=@-]{1,512}$/;

/** A key's name, when every backend could use it. @throws signer_unavailable `bad_key_name` */
export function checkKeyName(name: string): string {
  if (keyName.test(name)) return name;
  throw signerFailure('bad_key_name', `"${name}" cannot name a key.`);
}

/** The one-line form that databases and contracts carry: `local:dev-acme-intermediate`. */
export function formatKeyRef(key: KeyRef): string {
  return `${key.backend}:${key.resource}${writeAccess(key.access)}`;
}

/** Reads {@link formatKeyRef}. @throws signer_unavailable `bad_key_name` */
export function parseKeyRef(text: string): KeyRef {
  const colon = text.indexOf(':');
  const backend = kmsBackends.find((each) => each === text.slice(0, colon));
  if (!backend) throw signerFailure('bad_key_name', `"${text}" names no signer backend.`);
  const question = text.indexOf('?');
  const name = text.slice(colon + 1, question < 0 ? undefined : question);
  if (!resource.test(name)) throw signerFailure('bad_key_name', `"${text}" cannot name a key.`);
  const access = question < 0 ? undefined : readAccess(text.slice(question + 1));
  return { backend, resource: backend === 'local' ? checkKeyName(name) : name, ...(access && { access }) };
}
