import { Command } from 'commander';
import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { table } from '../output/layout.js';
import { MintClient, type MintOrder } from '../server/mint-client.js';
import { customerBearer } from '../server/secrets.js';
import { CertificateFiles } from './certificate-files.js';
import { type CsrFile, readCsrFiles } from './csr-files.js';

const answerSchema = z.object({
  certs: z.array(z.object({ cert_pem: z.string(), serial: z.string(), expires_at: z.string() })),
  chain: z.string(),
  batch_id: z.string().optional(),
});
type Answer = z.infer<typeof answerSchema>;

interface Options {
  readonly csr: string[];
  readonly ttl: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly bearerFile?: string;
  readonly idempotencyKey?: string;
  readonly json?: boolean;
}

const authentication =
  'It authenticates with the bearer of the customer, which "customer create" and "customer rotate-bearer" print, and not with the token of the operator. Give it in the environment as STACKRUNNER_BEARER or in a file with --bearer-file; a flag would show it to everyone on the machine.';

/** `mint HANDLE --csr FILE… --ttl 7d`: certificates for the requests, all or none. */
export function mintCommand(context: CliContext): Command {
  return new Command('mint')
    .summary('mint certificates for certificate requests')
    .description(
      `Mints a certificate for every request, all or none.

${authentication}

Without --out and --json the certificates go to stdout as PEM, in the order of the requests.`,
    )
    .argument('<handle>', 'name of the customer')
    .requiredOption('--csr <file...>', 'PKCS#10 requests, PEM or DER, 1 to 100; - reads one from stdin')
    .requiredOption(
      '--ttl <duration>',
      'how long they are valid: 1d, 7d, 14d, 30d, 90d, or a duration from 1h to 2160h such as 36h or 1h30m',
    )
    .option('--out <dir>', 'write <request>.crt for every request, and chain.pem')
    .option('--force', 'overwrite files that exist')
    .option('--bearer-file <file>', 'file that holds the bearer (default: STACKRUNNER_BEARER)')
    .option(
      '--idempotency-key <key>',
      'the same key and requests within 24 h give the same certificates (default: a new key)',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ export STACKRUNNER_BEARER=...
  $ stackrunner mint acme --csr leaf.csr --ttl 7d > leaf.crt
  $ stackrunner mint acme --csr batch/*.csr --ttl 30d --out certs
  $ openssl req -new -key leaf.key -subj /CN=app-1 | stackrunner mint acme --csr - --ttl 1d --json`,
    )
    .action((handle: string, options: Options) => mint(context, handle, options));
}

async function mint(context: CliContext, handle: string, options: Options): Promise<void> {
  const bearer = await customerBearer(context.settings(), options.bearerFile);
  const csrs = await readCsrFiles(options.csr, context.stdin);
  const files = await filesFor(csrs, options);
  const idempotencyKey = keyOf(options.idempotencyKey) ?? context.randomId();

  const text = await order(context, {
    handle,
    bearer,
    idempotencyKey,
    csrPems: csrs.map(({ pem }) => pem),
    ttl: options.ttl,
  });

  if (options.json) context.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  const answer = readAnswer(text, csrs.length);
  if (files !== undefined) await save(files, answer, idempotencyKey);
  if (!options.json) report(context, { answer, csrs, files });
}

async function order(context: CliContext, batch: MintOrder): Promise<string> {
  try {
    return await new MintClient(context).mint(batch);
  } catch (thrown) {
    if (!(thrown instanceof CliFailure && thrown.answerIsLost)) throw thrown;
    throw thrown.withHint(sameAgain(batch.idempotencyKey));
  }
}

/** Where to write, checked before anything is minted; undefined without `--out`. */
async function filesFor(csrs: readonly CsrFile[], options: Options): Promise<CertificateFiles | undefined> {
  if (options.out !== undefined) {
    return CertificateFiles.prepare(csrs, { folder: options.out, overwrite: options.force === true });
  }
  if (options.force) throw usageError('--force is about the files of --out');
  return undefined;
}

function keyOf(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw usageError('--idempotency-key takes 1 to 255 printable ASCII characters');
}

function readAnswer(text: string, count: number): Answer {
  try {
    const answer = answerSchema.parse(JSON.parse(text));
    if (answer.certs.length === count) return answer;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw cause;
  }
  throw new CliFailure(exitCodes.failed, "the server's answer does not hold the certificates");
}

async function save(files: CertificateFiles, answer: Answer, idempotencyKey: string): Promise<void> {
  try {
    await files.write(answer);
  } catch (cause) {
    throw new CliFailure(
      exitCodes.failed,
      `the certificates were minted, but not written: ${messageOf(cause)}`,
      { hint: sameAgain(idempotencyKey) },
    );
  }
}

const sameAgain = (idempotencyKey: string): string =>
  `Within 24 h the same command with --idempotency-key ${idempotencyKey} mints nothing twice.`;

function report(
  context: CliContext,
  minted: {
    readonly answer: Answer;
    readonly csrs: readonly CsrFile[];
    readonly files: CertificateFiles | undefined;
  },
): void {
  const { answer, csrs, files } = minted;
  const rows = answer.certs.map(({ serial, expires_at: expires }, index) => [
    files?.certificates[index] ?? csrs[index]?.source ?? '',
    serial,
    expires,
  ]);
  const summary = table([files === undefined ? 'REQUEST' : 'CERTIFICATE', 'SERIAL', 'EXPIRES'], rows);
  const batch = answer.batch_id === undefined ? '' : `batch ${answer.batch_id}\n`;
  if (files !== undefined) {
    context.stdout.write(`${summary}chain ${files.chain}\n${batch}`);
    return;
  }
  context.stderr.write(summary + batch);
  context.stdout.write(
    answer.certs.map(({ cert_pem: pem }) => (pem.endsWith('\n') ? pem : `${pem}\n`)).join(''),
  );
}
