import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { RevocationClient } from '../server/revocation-client.js';

/** `reconcile HANDLE [SERIAL…]`: says what a restored database has lost. */
export function reconcileCommand(context: CliContext): Command {
  return new Command('reconcile')
    .summary('say what a restored database has lost')
    .description(
      'After a restore that lost revocations which the record outside of the database cannot give back, nothing of the customer is called good. This revokes again what the record still names and the serial numbers that you give, and ends that.',
    )
    .argument('<handle>', 'name of the customer')
    .argument('[serial...]', 'certificates that were revoked and are missing; none when nothing is')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner reconcile acme
  $ stackrunner reconcile acme 3e:5f:... 4a:00:...`,
    )
    .action(async (handle: string, serials: string[], { json }: { json?: boolean }) => {
      const answer = await new RevocationClient(context).reconcile(handle, serials);
      const { from_record: fromRecord, from_operator: fromOperator } = answer;
      const text = `revoked again: ${fromRecord} from the record, ${fromOperator} as given\n`;
      context.stdout.write(json ? jsonText(answer) : text);
    });
}
