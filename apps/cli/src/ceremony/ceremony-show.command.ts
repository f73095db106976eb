import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, table } from '../output/layout.js';
import { CaClient } from '../server/ca-client.js';
import { type TranscriptFile, transcriptSchema } from './transcript.js';
import { transcriptPage } from './transcript-page.js';
import { type TranscriptVerdict, verifyTranscript } from './verify-transcript.js';

interface Options {
  readonly out?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** `ceremony show HANDLE`: what was done to make a customer's CAs, and whether its record is whole. */
export function ceremonyShowCommand(context: CliContext): Command {
  return new Command('show')
    .summary('show the transcript of a customer’s ceremonies')
    .description(
      'Shows every step that was done to make a customer’s CAs, verifies the record, and writes it for auditors: as the file that `ceremony verify` checks, or as a page to read and print.',
    )
    .argument('<handle>', 'name of the customer')
    .option('--out <file>', 'write the transcript, for ceremony verify')
    .option('--html <file>', 'write a page for auditors')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ceremony show acme
  $ stackrunner ceremony show acme --out acme.transcript.json --html acme.transcript.html`,
    )
    .action(async (handle: string, { out, html, json }: Options) => {
      const file = transcriptSchema.parse(await new CaClient(context).transcript(handle));
      const verdict = verifyTranscript(file);
      if (out !== undefined) await write(out, jsonText(file));
      if (html !== undefined) await write(html, transcriptPage(file, verdict));
      context.stdout.write(json ? jsonText(file) : transcriptText(file, verdict));
      if (verdict.problems.length > 0) {
        throw new CliFailure(exitCodes.failed, `the transcript is broken: ${verdict.problems.join('; ')}`);
      }
    });
}

function transcriptText({ handle }: TranscriptFile, { entries, head, problems }: TranscriptVerdict): string {
  const rows = entries.map(
    ({ sequence, kind, generation, step, done_at: doneAt, requested_by: by, facts }) => [
      ...[String(sequence), doneAt, `${kind} ${generation}`, step, by],
      Object.entries(facts)
        .filter(([name]) => name !== 'software')
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
  );
  const standing = problems.length === 0 ? `whole, head ${head}` : 'BROKEN';
  return `${table(['#', 'done', 'ceremony', 'step', 'asked for by', 'facts'], rows)}\nThe transcript of ${handle} is ${standing}.\n`;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${messageOf(cause)}`);
  }
}
