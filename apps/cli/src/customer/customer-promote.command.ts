import { Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { waitForCa } from './ca-wait.js';
import { customerText } from './customer-text.js';

interface Options {
  readonly wait: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `customer promote HANDLE`: to the Dev tier, with a CA of its own. */
export function customerPromoteCommand(context: CliContext): Command {
  return new Command('promote')
    .summary('move a Free customer to the Dev tier')
    .description(
      'Moves a Free customer to the Dev tier and waits until the ceremony has made its own CA. Its bearer stays the same. A Dev customer stays as it is.',
    )
    .argument('<handle>', 'name of the customer')
    .option('--no-wait', 'return at once, while the CA is still being made')
    .option('--timeout <seconds>', 'how long to wait for the CA', seconds, 120)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer promote acme`,
    )
    .action(async (handle: string, { wait, timeout, json }: Options) => {
      const admin = new AdminClient(context);
      const promoted = await admin.promote(handle);
      const { customer, failure } = wait
        ? await waitForCa(admin, context, { customer: promoted, seconds: timeout })
        : { customer: promoted, failure: undefined };
      context.stdout.write(json ? jsonText(customer) : customerText(customer));
      if (failure !== undefined) throw failure;
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number of seconds from 1 to 99999.');
}
