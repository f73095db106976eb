import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { SessionClient } from './session-client.js';
import { SessionFile } from './session-file.js';

/** `logout`: ends the session on the server, and forgets it here. */
export function logoutCommand(context: CliContext): Command {
  return new Command('logout')
    .summary('end the session of login')
    .description('Ends the session on the server, and removes it from this machine.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner logout`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { url, sessionFile } = context.settings();
      const file = new SessionFile(sessionFile);
      const token = await file.token(url);
      try {
        await new SessionClient(context).signOut(token);
      } catch (failure) {
        // A session that has ended already needs no ending.
        if (!(failure instanceof CliFailure && failure.context.httpStatus === 401)) throw failure;
      }
      await file.remove(url);
      context.stdout.write(json ? jsonText({ status: 'signed_out' }) : `Signed out of ${url}\n`);
    });
}
