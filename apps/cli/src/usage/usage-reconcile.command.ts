import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient, type ReconciliationJson } from '../server/admin-client.js';

/** `usage reconcile [HANDLE]`: what happens every night, now. */
export function usageReconcileCommand(context: CliContext): Command {
  return new Command('reconcile')
    .summary('compare counters, certificates and audit trails, and repair the counters')
    .description(
      'Compares what was counted against limits and what the audit trail tells of with the certificates that were issued, of one customer or of all, as happens every night. Counters that are wrong are repaired, and every difference is written into the audit trail.',
    )
    .argument('[handle]', 'name of one customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner usage reconcile
  $ stackrunner usage reconcile acme --json | jq '.differences'`,
    )
    .action(async (handle: string | undefined, { json }: { json?: boolean }) => {
      const reconciliation = await new AdminClient(context).reconcileUsage(handle);
      context.stdout.write(json ? jsonText(reconciliation) : reconciliationText(reconciliation));
    });
}

function reconciliationText({ customers, differences }: ReconciliationJson): string {
  const lines = differences.flatMap(({ handle, repairs, issued, in_trail }) => [
    ...repairs.map(
      (each) => `${handle}: counter ${each.counter} was ${each.counted}, and is ${each.issued} now`,
    ),
    ...(issued === in_trail
      ? []
      : [`${handle}: the audit trail tells of ${in_trail} of ${issued} certificates`]),
  ]);
  const looked = `${customers} ${customers === 1 ? 'customer' : 'customers'} looked at`;
  const found = differences.length === 0 ? 'all agrees' : `${differences.length} with a difference`;
  return `${[...lines, `${looked}, ${found}`].join('\n')}\n`;
}
