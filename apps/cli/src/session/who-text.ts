import type { WhoJson } from './session-client.js';

/** Who is signed in, and with which account. */
export function whoText({ person, account }: WhoJson): string {
  const owned = account
    ? `${account.handle} (${account.tier}, ${account.status})`
    : 'no account yet: sign up in the browser';
  return `Signed in as ${person.email}, ${owned}\n`;
}
