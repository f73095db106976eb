import { Command, Option } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, table } from '../output/layout.js';
import {
  type BulkCriteria,
  type BulkJobJson,
  RevocationClient,
  type RevokeWish,
} from '../server/revocation-client.js';
import { customerBearer } from '../server/secrets.js';
import { reasonOption } from './reason-option.js';

interface Options {
  readonly reason?: string;
  readonly invalidityDate?: string;
  readonly bearerFile?: string;
  readonly credential?: string;
  readonly profile?: string;
  readonly ttl?: string;
  readonly issuedFrom?: string;
  readonly issuedBefore?: string;
  readonly san?: string;
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Milliseconds between two questions after a job. */
const POLL_MS = 500;

/** `revoke HANDLE [SERIAL…]`: ends certificates before their time. */
export function revokeCommand(context: CliContext): Command {
  return new Command('revoke')
    .summary('revoke certificates, hold them, or lift a hold')
    .description(
      'Revokes the certificates of a customer by their serial numbers, all or none; or, with a criterion, every one that matches all criteria, in a job that it waits for. It needs the operator token, or for serial numbers the bearer of the customer.',
    )
    .argument('<handle>', 'name of the customer')
    .argument('[serial...]', 'serial numbers in hexadecimal, with or without colons')
    .addOption(reasonOption())
    .option('--invalidity-date <time>', 'since when the key is suspected, such as 2026-05-19T00:02:03Z')
    .option('--bearer-file <file>', "file of the customer's bearer (default: act as the operator)")
    .option('--credential <id>', 'minted by this scoped credential')
    .option('--profile <name>', 'issued as mint, sign-leaf, cross-sign, free, birth-cert or ocsp-responder')
    .option('--ttl <duration>', 'issued for this long, such as 7d')
    .option('--issued-from <time>', 'issued at this time or later')
    .option('--issued-before <time>', 'issued before this time')
    .option('--san <pattern>', 'a subject alternative name matches; * stands for any characters')
    .addOption(new Option('--key <sha256>', 'SHA-256 of the SubjectPublicKeyInfo, in hexadecimal'))
    .option('--dry-run', 'with a criterion: only count what matches')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner revoke acme 3e:5f:... --reason keyCompromise
  $ stackrunner revoke acme --san '*.old.acme.internal' --dry-run
  $ stackrunner revoke acme --profile sign-leaf --issued-before 2026-05-19T00:00:00Z
  $ stackrunner revoke acme --credential 0b9e3a52-... --reason keyCompromise --json`,
    )
    .action(async (handle: string, serials: string[], options: Options) => {
      const criteria = criteriaOf(options);
      if (Object.keys(criteria).length > 0)
        return revokeMany(context, handle, { serials, criteria, options });
      if (serials.length === 0) throw usageError('revoke needs serial numbers or a criterion');
      if (options.dryRun) throw usageError('--dry-run is about criteria');
      return revokeSerials(context, handle, { serials, options });
    });
}

async function revokeSerials(
  context: CliContext,
  handle: string,
  { serials, options }: { readonly serials: readonly string[]; readonly options: Options },
): Promise<void> {
  const { bearerFile } = options;
  const bearer = bearerFile === undefined ? undefined : await customerBearer(context.settings(), bearerFile);
  const order = { serials, ...wishOf(options) };
  const answer = await new RevocationClient(context).revoke(handle, order, bearer);
  const rows = answer.certs.map(({ serial, status, revoked_at: at = '', revoked_reason: reason = '' }) => [
    ...[serial, status, at, reason],
  ]);
  context.stdout.write(
    options.json ? jsonText(answer) : table(['SERIAL', 'STATUS', 'REVOKED', 'REASON'], rows),
  );
}

async function revokeMany(
  context: CliContext,
  handle: string,
  wish: { readonly serials: readonly string[]; readonly criteria: BulkCriteria; readonly options: Options },
): Promise<void> {
  const { serials, options } = wish;
  if (options.bearerFile !== undefined)
    throw usageError('criteria are for the operator: leave --bearer-file out');
  const criteria: BulkCriteria = { ...wish.criteria, ...(serials.length > 0 && { serials }) };
  const client = new RevocationClient(context);
  if (options.dryRun) {
    const count = await client.count(handle, criteria);
    const { matched, revoked_before: before, not_found: missing } = count;
    const text = `${matched} match, ${before} of them are revoked already; ${missing} were not found\n`;
    context.stdout.write(options.json ? jsonText(count) : text);
    return;
  }
  let job = await client.bulk(handle, { criteria, ...wishOf(options) });
  while (job.status !== 'done') {
    await context.sleep(POLL_MS);
    job = await client.job(handle, job.job_id);
  }
  context.stdout.write(options.json ? jsonText(job) : jobText(job));
  if (job.failed > 0) throw new CliFailure(exitCodes.failed, `${job.failed} certificates were not revoked`);
}

function wishOf({ reason, invalidityDate }: Options): RevokeWish {
  return {
    ...(reason !== undefined && { reason }),
    ...(invalidityDate !== undefined && { invalidity_date: invalidityDate }),
  };
}

function criteriaOf(options: Options): BulkCriteria {
  const { credential, profile, ttl, issuedFrom, issuedBefore, san, key } = options;
  return {
    ...(credential !== undefined && { credential_id: credential }),
    ...(profile !== undefined && { profile }),
    ...(ttl !== undefined && { ttl }),
    ...(issuedFrom !== undefined && { issued_from: issuedFrom }),
    ...(issuedBefore !== undefined && { issued_before: issuedBefore }),
    ...(san !== undefined && { san }),
    ...(key !== undefined && { key_sha256: key }),
  };
}

function jobText({ matched, revoked, unchanged, failed, failures }: BulkJobJson): string {
  const summary = `${matched} matched: ${revoked} revoked, ${unchanged} were so before, ${failed} failed\n`;
  return summary + failures.map(({ serial, code }) => `${serial}  ${code}\n`).join('');
}
