import { labelled } from '../output/layout.js';
import type { CustomerJson } from '../server/admin-client.js';

/** A customer for a person: one aligned line a fact, and nothing that the server did not say. */
export function customerText(customer: CustomerJson, bearer?: string): string {
  const { limits, used } = customer;
  const resets = used?.month_resets_at ? `, resets ${used.month_resets_at}` : '';
  return labelled([
    ['handle', customer.handle],
    [
      'status',
      customer.status === 'provisioning' ? `provisioning (${progressOf(customer)})` : customer.status,
    ],
    ['tier', customer.tier],
    ['id', customer.id],
    ['created', customer.created_at],
    ['activated', customer.activated_at ?? undefined],
    ['root', customer.external_root ? "the customer's own" : customer.root_algorithm],
    ['intermediate', customer.intermediate_algorithm],
    ['keys', customer.key_home ?? undefined],
    ['key fails', failureOf(customer)],
    ...Object.entries(customer.name_constraints ?? {}).map(
      ([kind, names]) => [kind.replace('_', ' '), names.length === 0 ? undefined : names.join(', ')] as const,
    ),
    ['mint', customer.mint_url],
    ['pki', customer.pki_url],
    ['this minute', share(used?.this_minute, limits?.per_minute)],
    ['this month', suffixed(share(used?.this_month, limits?.per_month), resets)],
    ['lifetime', limits?.lifetime == null ? undefined : share(used?.lifetime, limits.lifetime)],
    ['bearer', bearer],
  ]);
}

/** Where the ceremony is, and what holds it up. */
export function progressOf({ ceremony_step: step, ceremony_problem: problem }: CustomerJson): string {
  return `${step || 'starting'}${problem ? `: ${problem}` : ''}`;
}

/** Why its key does not sign, and since when. */
function failureOf({ key_problem: problem }: CustomerJson): string | undefined {
  if (!problem) return undefined;
  return `${problem.reason} since ${problem.since}, last ${problem.last_at}: ${problem.message}`;
}

/** `12 of 5000`; without a count the limit alone. */
function share(count: number | undefined, limit: number | null | undefined): string | undefined {
  if (limit === undefined) return count === undefined ? undefined : String(count);
  const most = limitText(limit);
  return count === undefined ? `at most ${most}` : `${count} of ${most}`;
}

const suffixed = (text: string | undefined, suffix: string): string | undefined =>
  text === undefined ? undefined : text + suffix;

export const limitText = (limit: number | null): string => (limit === null ? 'unlimited' : String(limit));

/** What goes to stderr beside a new bearer. */
export function bearerWarning(handle: string): string {
  return `Keep the bearer: it is shown this once, the server has only its hash. Lost? stackrunner customer rotate-bearer ${handle}\n`;
}
