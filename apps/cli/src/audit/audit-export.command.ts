import { open } from 'node:fs/promises';
import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient } from '../server/admin-client.js';
import { TrailFileWriter } from './trail-file.js';

interface Flags {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `audit export HANDLE --out FILE`: the customer's whole audit trail as it stands. */
export function auditExportCommand(context: CliContext): Command {
  return new Command('export')
    .summary("write a customer's audit trail to a file")
    .description(
      "Writes a customer's whole audit trail to a file, one entry a line, which audit verify checks without the server.",
    )
    .argument('<handle>', 'name of the customer')
    .requiredOption('--out <file>', 'file to write')
    .option('--force', 'overwrite the file')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner audit export acme --out acme.audit.jsonl
  $ stackrunner audit export acme --out acme.audit.jsonl --json | jq -r .head`,
    )
    .action(async (handle: string, flags: Flags) => {
      const pages = new AdminClient(context).auditTrail(handle);
      // The first page before the file: a customer that there is none of leaves no file.
      const first = await pages.next();
      const file = await open(flags.out, flags.force ? 'w' : 'wx').catch((cause: unknown) => {
        const hint = flags.force ? undefined : 'Overwrite an existing file with --force.';
        throw usageError(`cannot write ${flags.out}: ${messageOf(cause)}`, hint);
      });
      try {
        const { customer_id, handle: name } = pageOf(first.value);
        const lines: string[] = [];
        const exported_at = new Date(context.now()).toISOString();
        const writer = new TrailFileWriter(
          { format: 'stackrunner-audit-1', customer_id, handle: name, exported_at },
          (line) => lines.push(line),
        );
        for (let page = first; !page.done; page = await pages.next()) {
          for (const entry of page.value.entries) writer.add(entry);
          await file.write(lines.splice(0).join(''));
        }
        const { entries, head } = writer.finish();
        await file.write(lines.join(''));
        context.stdout.write(
          flags.json
            ? jsonText({ handle: name, entries, head, file: flags.out })
            : `${entries} entries of ${name} in ${flags.out}\nhead ${head}\n`,
        );
      } finally {
        await file.close();
      }
    });
}

function pageOf<T>(page: T | undefined): T {
  if (page === undefined) throw new CliFailure(exitCodes.failed, 'the server answered without a trail');
  return page;
}
