import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** `customer resume HANDLE`: lets a suspended customer mint again. */
export function customerResumeCommand(context: CliContext): Command {
  return new Command('resume')
    .summary('let a suspended customer mint again')
    .description('Resumes a suspended customer: it mints again.')
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer resume acme
  $ stackrunner customer resume acme --json | jq -r .status`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).resume(handle);
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
    });
}
