import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, table } from '../output/layout.js';
import { AdminClient, type CredentialJson } from '../server/admin-client.js';

/** `credential list HANDLE`: every scoped credential, also those that were revoked. */
export function credentialListCommand(context: CliContext): Command {
  return new Command('list')
    .summary("list a customer's scoped credentials")
    .description(
      'Lists the scoped credentials of a customer, the oldest first. With --json, one object whose `credentials` has them all.',
    )
    .argument('<handle>', 'name of the customer')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner credential list acme
  $ stackrunner credential list acme --json | jq -r '.credentials[] | select(.status == "active").credential_id'`,
    )
    .action(async (handle: string, { json }: { json?: boolean }) => {
      const credentials: CredentialJson[] = [];
      for await (const each of new AdminClient(context).credentials(handle)) credentials.push(each);
      context.stdout.write(json ? jsonText({ credentials }) : listText(handle, credentials));
    });
}

function listText(handle: string, credentials: readonly CredentialJson[]): string {
  if (credentials.length === 0) {
    return `${handle} has no scoped credentials. Make one with: stackrunner credential seed ${handle} --modes=sign_leaf\n`;
  }
  return table(
    ['CREDENTIAL', 'STATUS', 'MODES', 'LAST USED', 'LABEL'],
    credentials.map((each) => [
      each.credential_id,
      each.status,
      [...new Set(each.signing_certs.flatMap(({ modes }) => modes))].join(','),
      each.last_used_at ?? 'never',
      each.label,
    ]),
  );
}
