import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** `customer suspend HANDLE`: refuses the customer's mints from now on. */
export function customerSuspendCommand(context: CliContext): Command {
  return new Command('suspend')
    .summary('stop a customer from minting')
    .description(
      'Suspends a customer: from then on its mints are refused with customer_not_active. What it has minted stays valid.',
    )
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer suspend acme
  $ stackrunner customer suspend acme --json | jq -r .status`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).suspend(handle);
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
    });
}
