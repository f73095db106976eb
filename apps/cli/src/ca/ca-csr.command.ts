import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { CaClient, type CsrJson } from '../server/ca-client.js';

const pollMs = 250;
const waitMs = 120_000;

interface Options {
  readonly out?: string;
  readonly json?: boolean;
}

/** `ca csr HANDLE`: a request for an intermediate, for the customer's own root to sign. */
export function caCsrCommand(context: CliContext): Command {
  return new Command('csr')
    .summary('make a request for an intermediate under your own root')
    .description(
      'Makes a key in the key management service and prints a request (PKCS#10) for an intermediate, which your own offline root signs. Asking again gives the same request until it is answered with `ca import`.',
    )
    .argument('<handle>', 'name of the customer')
    .option('--out <file>', 'write the request to a file')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ca csr acme --out acme.csr
  $ stackrunner ca csr acme | openssl req -noout -text`,
    )
    .action(async (handle: string, { out, json }: Options) => {
      const answer = await ready(context, handle);
      if (out !== undefined) await write(out, answer.csr_pem ?? '');
      if (json) context.stdout.write(jsonText(answer));
      else if (out === undefined) context.stdout.write(answer.csr_pem ?? '');
    });
}

async function ready(context: CliContext, handle: string): Promise<CsrJson> {
  const client = new CaClient(context);
  const until = context.now() + waitMs;
  for (;;) {
    const answer = await client.request(handle);
    if (answer.csr_pem !== null) return answer;
    if (context.now() >= until) {
      throw new CliFailure(
        exitCodes.failed,
        `the request of ${handle} is not ready after ${waitMs / 1_000} s`,
        {
          hint: `See what holds it up with: stackrunner customer show ${handle}`,
        },
      );
    }
    await context.sleep(pollMs);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${messageOf(cause)}`);
  }
}
