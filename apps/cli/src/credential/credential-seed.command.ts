import { Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, labelled } from '../output/layout.js';
import { AdminClient, type NewCredential } from '../server/admin-client.js';
import { prepareBearerFile } from './bearer-file.js';

const knownModes = ['sign_leaf', 'cross_sign'];

interface Options {
  readonly modes: readonly string[];
  readonly label?: string;
  readonly expiresAt?: string;
  readonly maxTtl?: string;
  readonly permitDns?: readonly string[];
  readonly excludeDns?: readonly string[];
  readonly from?: readonly string[];
  readonly json?: boolean;
}

/** `credential seed HANDLE --modes=…`: the same permission every time, and always a new credential. */
export function credentialSeedCommand(context: CliContext): Command {
  return new Command('seed')
    .summary('make a scoped credential')
    .description(
      'Makes a scoped credential and writes it to .creds/HANDLE-crosssign-bearer.txt, which only you can read. The permission for the modes is made once and used again; the credential is always a new one.',
    )
    .argument('<handle>', 'name of the customer')
    .requiredOption('--modes <modes>', 'sign_leaf, cross_sign, or both with a comma', readModes)
    .option('--label <text>', 'for people to tell credentials apart')
    .option('--expires-at <time>', 'when it stops by itself, for example 2027-01-31T12:00:00Z')
    .option('--max-ttl <ttl>', 'longest lifetime of its certificates, for example 7d')
    .option('--permit-dns <domain>', 'DNS names it may certify; may be given more than once', collect)
    .option('--exclude-dns <domain>', 'DNS names it may not; may be given more than once', collect)
    .option('--from <cidr>', 'network it is taken from; may be given more than once', collect)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner credential seed acme --modes=sign_leaf,cross_sign
  $ stackrunner credential seed acme --modes=sign_leaf --label ci --max-ttl 1d --from 192.0.2.0/24`,
    )
    .action((handle: string, options: Options) => seed(context, handle, options));
}

async function seed(context: CliContext, handle: string, options: Options): Promise<void> {
  const admin = new AdminClient(context);
  // Before anything is made that could not be kept.
  const file = await prepareBearerFile(handle, context.randomId());
  const { credential_id, permission_id, cert_id, bearer, ...rest } = await admin.seedCredential(
    handle,
    requestOf(options),
  );
  const facts = { credential_id, permission_id, cert_id, bearer, bearer_file: file.path };
  try {
    await file.write(bearer);
  } catch (cause) {
    // Nobody can ask for this bearer again.
    context.stdout.write(jsonText(facts));
    throw cause;
  }
  if (options.json) {
    context.stdout.write(jsonText({ ...facts, ...rest }));
    return;
  }
  context.stdout.write(
    labelled([
      ['credential', credential_id],
      ['permission', permission_id],
      ['signing cert', cert_id],
      ['modes', options.modes.join(', ')],
      ['bearer file', file.path],
    ]),
  );
}

function requestOf(options: Options): NewCredential {
  const { modes, label, expiresAt, maxTtl, permitDns, excludeDns, from } = options;
  const constraints = {
    ...(permitDns && { permitted_dns: permitDns }),
    ...(excludeDns && { excluded_dns: excludeDns }),
  };
  return {
    modes,
    ...(label !== undefined && { label }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(maxTtl !== undefined && { max_ttl: maxTtl }),
    ...(Object.keys(constraints).length > 0 && { name_constraints: constraints }),
    ...(from && { source_networks: from }),
  };
}

function readModes(text: string): string[] {
  const modes = [...new Set(text.split(','))];
  if (modes.every((mode) => knownModes.includes(mode))) return modes;
  throw new InvalidArgumentError(`Modes are ${knownModes.join(' and ')}, separated by a comma.`);
}

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];
