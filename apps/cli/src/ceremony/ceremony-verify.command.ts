import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { type TranscriptFile, transcriptSchema } from './transcript.js';
import { verifyTranscript } from './verify-transcript.js';

interface Options {
  readonly head?: string;
  readonly json?: boolean;
}

/** `ceremony verify FILE`: whether a transcript is whole; needs no server. */
export function ceremonyVerifyCommand(context: CliContext): Command {
  return new Command('verify')
    .summary('verify a transcript offline')
    .description(
      'Checks a transcript with nothing but its file: the chain of hashes, every artefact, every signature, and that the root’s key was disabled after each use. Exits 1 when something is wrong.',
    )
    .argument('<file>', 'what `ceremony show --out` has written')
    .option('--head <sha256>', 'hash that the last entry must have, as the server has logged it')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ceremony verify acme.transcript.json
  $ stackrunner ceremony verify acme.transcript.json --head 6f0c…`,
    )
    .action(async (path: string, { head, json }: Options) => {
      const { problems, head: found, entries } = verifyTranscript(await readTranscript(path), head);
      if (json) context.stdout.write(jsonText({ valid: problems.length === 0, problems, head: found }));
      if (problems.length > 0) {
        throw new CliFailure(exitCodes.failed, `${path} is broken: ${problems.join('; ')}`);
      }
      if (!json) context.stdout.write(`${path} is whole: ${entries.length} entries, head ${found}\n`);
    });
}

async function readTranscript(path: string): Promise<TranscriptFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw usageError(`cannot read ${path}: ${messageOf(cause)}`);
  }
  try {
    return transcriptSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new CliFailure(exitCodes.failed, `${path} is broken: it is not a transcript (${reason})`);
  }
}
