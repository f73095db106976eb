import type { NameConstraints as NameConstraintsMessage } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type NameConstraints, nameConstraintsProblem, noNameConstraints } from '#libs/x509';

type ListName = keyof NameConstraints;
const listNames = Object.keys(noNameConstraints) as ListName[];

/** The lists of the contract's `NameConstraints`, as they are stored. */
export type NameConstraintLists = Record<ListName, string[]>;

/** Entries of all lists together: every verifier walks them for every name of every certificate. */
const mostEntries = 64;

/**
 * Reads the name constraints that a customer asks for (RFC 5280 §4.2.1.10): DNS names without a leading
 * dot, IP networks in CIDR notation without host bits, mailboxes, hosts or `.domains` for e-mail, hosts or
 * `.domains` for URIs. Returns null when nothing is constrained.
 *
 * @throws DomainError bad_request that names the entry and what is wrong with it
 */
export function readNameConstraints(message: NameConstraintsMessage | undefined): NameConstraintLists | null {
  if (!message) return null;
  const count = listNames.reduce((sum, name) => sum + message[name].length, 0);
  if (count === 0) return null;
  if (count > mostEntries) {
    throw new DomainError(
      'bad_request',
      `Name constraints have at most ${mostEntries} entries, not ${count}.`,
    );
  }
  return Object.fromEntries(
    listNames.map((name) => [name, message[name].map((entry, index) => readEntry(name, entry, index))]),
  ) as NameConstraintLists;
}

function readEntry(list: ListName, entry: string, index: number): string {
  const problem = /^[\x21-\x7e]{1,320}$/.test(entry)
    ? nameConstraintsProblem({ ...noNameConstraints, [list]: [entry] })
    : 'it must be 1 to 320 visible ASCII characters';
  // Host names have no case; a mailbox's local part has (RFC 5280 §7.5).
  if (!problem) return entry.replace(/[^@]*$/, (host) => host.toLowerCase());
  const field = list.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`);
  throw new DomainError('bad_request', `name_constraints.${field}[${index}]: ${problem}.`);
}
