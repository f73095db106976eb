import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** `customer reset-birth-cert HANDLE`: lets the customer have another birth certificate. */
export function customerResetBirthCertCommand(context: CliContext): Command {
  return new Command('reset-birth-cert')
    .summary('let a customer have another birth certificate')
    .description(
      'Lets a customer have another birth certificate. The one before authenticates nothing from then on; it stays valid elsewhere until it is revoked.',
    )
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer reset-birth-cert acme
  $ stackrunner customer reset-birth-cert acme --json | jq -r .status`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const customer = await new AdminClient(context).resetBirthCert(handle);
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
    });
}
