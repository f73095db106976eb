import type { KeyLabels } from '../signer.js';

/**
 * Transit keys carry no labels, so their names do: `dev-acme-root.customer.<uuid>.purpose.root`, labels in the order
 * of the alphabet. Neither names nor labels contain a dot.
 */
export function vaultKeyName(name: string, labels: KeyLabels): string {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return [name, ...pairs.flat()].join('.');
}

export function readVaultKeyName(text: string): { readonly name: string; readonly labels: KeyLabels } {
  const [name = '', ...rest] = text.split('.');
  const labels: Record<string, string> = {};
  for (let at = 0; at + 1 < rest.length; at += 2) labels[rest[at] ?? ''] = rest[at + 1] ?? '';
  return { name, labels };
}
