import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { messageOf, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled } from '../output/layout.js';
import { CaClient } from '../server/ca-client.js';

interface Options {
  readonly cert: string;
  readonly keyRef?: string;
  readonly json?: boolean;
}

/** `ca import HANDLE --cert FILE`: an intermediate that the customer's own root has signed. */
export function caImportCommand(context: CliContext): Command {
  return new Command('import')
    .summary('take an intermediate that your own root has signed')
    .description(
      'Verifies an intermediate and its root strictly and, when all is right, moves minting to it. It answers the request of `ca csr`, or with --key-ref brings a key that exists in a key management service.',
    )
    .argument('<handle>', 'name of the customer')
    .requiredOption('--cert <file>', 'PEM: the intermediate, then the root that signed it')
    .option('--key-ref <reference>', 'a key that exists, for example aws:arn:aws:kms:…')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ca import acme --cert acme-chain.pem
  $ stackrunner ca import acme --cert chain.pem --key-ref vault:existing-ca`,
    )
    .action(async (handle: string, { cert, keyRef, json }: Options) => {
      const body = {
        certificates_pem: certificatesIn(await read(cert), cert),
        ...(keyRef === undefined ? {} : { key_ref: keyRef }),
      };
      const answer = await new CaClient(context).import(handle, body);
      context.stdout.write(
        json
          ? jsonText(answer)
          : labelled([
              ['imported', `generation ${answer.generation}`],
              ['mints', 'as soon as its ceremony has ended, within seconds'],
            ]),
      );
    });
}

/** Only the certificates are sent: a private key beside them never leaves the machine. */
function certificatesIn(text: string, file: string): string {
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (found) return `${found.join('\n')}\n`;
  throw usageError(`${file} holds no certificate in PEM`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (cause) {
    throw usageError(`cannot read ${file}: ${messageOf(cause)}`);
  }
}
