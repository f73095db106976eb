import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** `customer show HANDLE`: one customer with its limits and what it has used of them. */
export function customerShowCommand(context: CliContext): Command {
  return new Command('show')
    .summary('show one customer')
    .description('Shows one customer: its status, its URLs, its limits and what it has used of them.')
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer show acme
  $ stackrunner customer show acme --json | jq .used.this_month`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).show(handle);
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
    });
}
