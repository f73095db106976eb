import { labelled } from '../output/layout.js';
import type { CustomerJson } from '../server/admin-client.js';

/** A customer for a person: one aligned line a fact, and nothing that the server did not say. */
export function customerText(customer: CustomerJson, bearer?: string): string {
  const { limits, used } = customer;
  const step = customer.ceremony_step ?? '';
  const resets = used?.month_resets_at ? `, resets ${used.month_resets_at}` : '';
  return labelled([
    ['handle', customer.handle],
    [
      'status',
      customer.status === 'provisioning' && step !== '' ? `provisioning (${step})` : customer.status,
    ],
    ['id', customer.id],
    ['created', customer.created_at],
    ['activated', customer.activated_at ?? undefined],
    ['root', customer.root_algorithm],
    ['intermediate', customer.intermediate_algorithm],
    ['mint', customer.mint_url],
    ['pki', customer.pki_url],
    ['this minute', share(used?.this_minute, limits?.per_minute)],
    ['this month', suffixed(share(used?.this_month, limits?.per_month), resets)],
    ['bearer', bearer],
  ]);
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
