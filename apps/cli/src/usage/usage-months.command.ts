import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, table } from '../output/layout.js';
import { AdminClient, type MonthsJson } from '../server/admin-client.js';

/** `usage months HANDLE`: what a customer used in each month. */
export function usageMonthsCommand(context: CliContext): Command {
  return new Command('months')
    .summary('show what a customer used in each month')
    .description('Shows what a customer used in each month, the latest first, as it was last reconciled.')
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner usage months acme
  $ stackrunner usage months acme --json | jq -r '.months[0].issued'`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const usage = await new AdminClient(context).months(handle);
      context.stdout.write(json ? jsonText(usage) : monthsText(usage));
    });
}

function monthsText({ months, handle }: MonthsJson): string {
  if (months.length === 0) return `No month of ${handle} was reconciled with a certificate in it.\n`;
  return table(
    ['MONTH', 'ISSUED', 'IN AUDIT TRAIL', 'AS OF'],
    months.map((each) => [each.month, String(each.issued), String(each.in_trail), each.taken_at]),
  );
}
