import { signerFailure } from './signer-failure.js';

/** Names one key of one backend. */
export interface KeyRef {
  readonly backend: 'local';
  readonly name: string;
}

/** Lower case, digits, `.`, `_` and `-`: what every backend accepts, and no path separator. */
const keyName = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/;

/** A key's name, when every backend could use it. @throws signer_unavailable `bad_key_name` */
export function checkKeyName(name: string): string {
  if (keyName.test(name)) return name;
  throw signerFailure('bad_key_name', `"${name}" cannot name a key.`);
}

/** The one-line form that databases and contracts carry: `local:dev-acme-intermediate`. */
export function formatKeyRef(key: KeyRef): string {
  return `${key.backend}:${key.name}`;
}

/** Reads {@link formatKeyRef}. @throws signer_unavailable `bad_key_name` */
export function parseKeyRef(text: string): KeyRef {
  const colon = text.indexOf(':');
  const backend = text.slice(0, colon);
  if (backend !== 'local') throw signerFailure('bad_key_name', `"${text}" names no signer backend.`);
  return { backend, name: checkKeyName(text.slice(colon + 1)) };
}
