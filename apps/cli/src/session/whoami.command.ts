import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { SessionClient } from './session-client.js';
import { SessionFile } from './session-file.js';
import { whoText } from './who-text.js';

/** `whoami`: who is signed in here. */
export function whoamiCommand(context: CliContext): Command {
  return new Command('whoami')
    .summary('show who is signed in')
    .description('Shows who signed in with login, and the account.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner whoami
  $ stackrunner whoami --json | jq -r .account.handle`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { url, sessionFile } = context.settings();
      const token = await new SessionFile(sessionFile).token(url);
      const who = await new SessionClient(context).who(token);
      context.stdout.write(json ? jsonText(who) : whoText(who));
    });
}
