import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled } from '../output/layout.js';
import { CaClient, type RotationJson } from '../server/ca-client.js';

interface Options {
  readonly now?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `ca rotate HANDLE`: the next intermediate, and minting moved to it. */
export function caRotateCommand(context: CliContext): Command {
  return new Command('rotate')
    .summary('make the next intermediate and move minting to it')
    .description(
      'Starts the rotation of a customer’s intermediate when it is due; with --now also before. Mints go on meanwhile, and certificates that exist stay valid. The server does it by itself every year.',
    )
    .argument('<handle>', 'name of the customer')
    .option('--now', 'also before it is due')
    .option('--dry-run', 'only tell what would be done')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ca rotate acme --dry-run
  $ stackrunner ca rotate acme --now`,
    )
    .action(async (handle: string, { now = false, dryRun = false, json }: Options) => {
      const plan = await new CaClient(context).rotate(handle, { now, dry_run: dryRun });
      context.stdout.write(json ? jsonText(plan) : rotationText(plan));
    });
}

function rotationText(plan: RotationJson): string {
  return labelled([
    ['rotation', plan.under_way ? 'under way' : 'not started'],
    ['generation', `${plan.generation}, next ${plan.next_generation}`],
    ['due', plan.due_at],
    ['next key', plan.key_name],
    ['steps', plan.steps.join(', ')],
    ['old one retires', plan.retired_at],
  ]);
}
