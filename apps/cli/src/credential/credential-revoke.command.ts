import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';

/** `credential revoke HANDLE ID`: one credential, and no other. */
export function credentialRevokeCommand(context: CliContext): Command {
  return new Command('revoke')
    .summary('revoke one scoped credential')
    .description(
      'Revokes one scoped credential: it is refused within a second. Others of its permission go on. What it has issued stays valid.',
    )
    .argument('<handle>', 'name of the customer')
    .argument('<id>', 'id of the credential')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner credential revoke acme 5f0c3c52-7c0e-4a33-9f4c-0d6d6a3a7c11`,
    )
    .action(async (handle: string, id: string, { json }: { json?: boolean }) => {
      if (!/^[0-9a-fA-F-]{1,64}$/.test(id)) {
        throw usageError(
          `${JSON.stringify(id)} is not the id of a credential`,
          'List them with: stackrunner credential list HANDLE',
        );
      }
      const revoked = await new AdminClient(context).revokeCredential(handle, id);
      context.stdout.write(
        json
          ? jsonText(revoked)
          : labelled([
              ['credential', revoked.credential_id],
              ['status', revoked.status],
            ]),
      );
    });
}
