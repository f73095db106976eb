import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { bearerWarning, customerText } from './customer-text.js';

/** `customer rotate-bearer HANDLE`: a new bearer; the earlier one stops at once. */
export function customerRotateBearerCommand(context: CliContext): Command {
  return new Command('rotate-bearer')
    .summary('give a customer a new bearer; the old one stops')
    .description(
      'Gives a customer a new bearer and prints it, once. The earlier bearer is refused from then on, so whoever uses it must have the new one.',
    )
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer rotate-bearer acme
  $ export STACKRUNNER_BEARER=$(stackrunner customer rotate-bearer acme --json | jq -r .bearer)`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).rotateBearer(handle);
      if (json) {
        context.stdout.write(jsonText(customer));
        return;
      }
      context.stdout.write(customerText(customer, customer.bearer));
      context.stderr.write(bearerWarning(handle));
    });
}
