import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled, table } from '../output/layout.js';
import { AdminClient, type StatusJson } from '../server/admin-client.js';

/** `status`: whether the server and its services work. */
export function statusCommand(context: CliContext): Command {
  return new Command('status')
    .summary('show whether the server works')
    .description('Shows whether the server and each of its services work. Exits 1 when one does not.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner status
  $ stackrunner status --json | jq .status`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const status = await new AdminClient(context).status();
      context.stdout.write(json ? jsonText(status) : statusText(context.settings().url, status));
      const down = status.services.filter((service) => service.status !== 'up').map(({ name }) => name);
      if (down.length > 0) throw new CliFailure(exitCodes.failed, `not up: ${down.join(', ')}`);
    });
}

function statusText(url: string, { status, version, services }: StatusJson): string {
  const rows = services.map(({ name, status: its, answered_in_ms: ms, message }) => [
    name,
    its,
    message ?? (ms === undefined ? '' : `answered in ${ms} ms`),
  ]);
  return `${labelled([
    ['server', url],
    ['version', version],
    ['status', status],
  ])}\n${table(['SERVICE', 'STATUS', ''], rows)}`;
}
