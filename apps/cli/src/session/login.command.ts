import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { type DeviceLogin, SessionClient } from './session-client.js';
import { SessionFile } from './session-file.js';
import { whoText } from './who-text.js';

/** `login`: signs in through a browser, also one on another machine (RFC 8628). */
export function loginCommand(context: CliContext): Command {
  return new Command('login')
    .summary('sign in through a browser')
    .description(
      'Signs in as a person: prints an address to open in any browser, waits until the code is approved there, and keeps the session for 30 days in a file that only you can read.',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner login
  $ STACKRUNNER_URL=https://ca.example.com stackrunner login`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { url, sessionFile } = context.settings();
      const client = new SessionClient(context);
      const login = await client.begin();
      context.stderr.write(
        `Open this address in a browser, and approve the code ${login.user_code}:\n  ${login.verification_uri_complete}\n`,
      );
      const { token, expires_in: seconds } = await approved(context, client, login);
      const expiresAt = new Date(context.now() + seconds * 1_000).toISOString();
      await new SessionFile(sessionFile).put(url, { token, expires_at: expiresAt });
      const who = await client.who(token);
      context.stdout.write(json ? jsonText({ ...who, expires_at: expiresAt }) : whoText(who));
    });
}

async function approved(context: CliContext, client: SessionClient, login: DeviceLogin) {
  const until = context.now() + login.expires_in * 1_000;
  while (context.now() < until) {
    const status = await client.status(login.device_code);
    switch (status.status) {
      case 'approved':
        return status as { token: string; expires_in: number };
      case 'denied':
        throw new CliFailure(exitCodes.failed, 'the sign-in was denied in the browser');
      case 'expired':
        throw expired();
      case 'pending':
        await context.sleep(login.interval * 1_000);
    }
  }
  throw expired();
}

function expired(): CliFailure {
  return new CliFailure(exitCodes.failed, 'the code has expired before anybody approved it', {
    hint: 'Begin again with: stackrunner login',
  });
}
