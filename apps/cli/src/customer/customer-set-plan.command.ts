import { Argument, Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** `customer set-plan HANDLE PLAN`: what a Free customer may issue. */
export function customerSetPlanCommand(context: CliContext): Command {
  return new Command('set-plan')
    .summary('put a Free customer on a plan')
    .description(
      'Puts a Free customer on a plan: free has 25 certificates ever, mint_pack has no such cap. The bearer stays the same.',
    )
    .argument('<handle>', 'name of the customer')
    .addArgument(new Argument('<plan>', 'name of the plan').choices(['free', 'mint_pack']))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer set-plan acme mint_pack`,
    )
    .action(async (handle: string, plan: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).setPlan(handle, plan);
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
    });
}
