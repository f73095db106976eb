import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { BrokenTrail, verifyTrailFile } from './trail-file.js';

interface Flags {
  readonly head?: string;
  readonly json?: boolean;
}

/** `audit verify FILE`: whether an export is whole and unchanged. Asks no server. */
export function auditVerifyCommand(context: CliContext): Command {
  return new Command('verify')
    .summary('check an exported audit trail')
    .description(
      'Checks an exported audit trail: a byte that was changed, and an entry that is missing or elsewhere, is found. It needs no server. Exit code 1 when the file is broken.',
    )
    .argument('<file>', 'file that audit export wrote')
    .option('--head <hash>', 'hash that an earlier export ended with; it must still be in the trail')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner audit verify acme.audit.jsonl
  $ stackrunner audit verify acme.audit.jsonl --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
    )
    .action(async (file: string, { head, json }: Flags) => {
      if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) {
        throw usageError('--head must be 64 hexadecimal digits in lower case');
      }
      const octets = await readFile(file).catch((cause: unknown) => {
        throw usageError(`cannot read ${file}: ${messageOf(cause)}`);
      });
      const { header, footer } = verified(octets, file, head);
      context.stdout.write(
        json
          ? jsonText({ valid: true, ...header, entries: footer.entries, head: footer.head })
          : `${file} is whole: ${footer.entries} entries of ${header.handle}, exported ${header.exported_at}\nhead ${footer.head}\n`,
      );
    });
}

function verified(octets: Buffer, file: string, head: string | undefined) {
  try {
    return verifyTrailFile(octets, head);
  } catch (cause) {
    if (!(cause instanceof BrokenTrail)) throw cause;
    throw new CliFailure(exitCodes.failed, `${file} is broken: ${cause.message}`);
  }
}
