import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';

/** `status`: whether the server works, and what it holds. */
export function statusCommand(context: CliContext): Command {
  return new Command('status')
    .summary('show whether the server works')
    .description('Shows whether the server and what it depends on work, and what it holds.')
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
    });
}

function statusText(url: string, status: unknown): string {
  return labelled([['url', url], ...facts(status, '')]);
}

/** Every leaf of the answer as `path value`: what a newer server says more is shown as well. */
function facts(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => facts(inner, path === '' ? key : `${path} ${key}`));
}
