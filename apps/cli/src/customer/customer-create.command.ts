import { Command, InvalidArgumentError, Option } from 'commander';
import { mostCrlShards } from '#libs/x509';
import type { CliContext } from '../cli-context.js';
import { CliFailure } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient, type CustomerWithBearer, type NewCustomer } from '../server/admin-client.js';
import { waitForCa } from './ca-wait.js';
import { bearerWarning, customerText } from './customer-text.js';

const algorithms = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];

/** Flag, field of the admin interface, and the form of its values (RFC 5280 §4.2.1.10). */
const constraints = [
  ['--permit-dns <domain>', 'permitted_dns', 'DNS names that the CA may certify, with all below'],
  ['--exclude-dns <domain>', 'excluded_dns', 'DNS names that it may not'],
  ['--permit-ip <cidr>', 'permitted_ip', 'IP addresses that it may certify'],
  ['--exclude-ip <cidr>', 'excluded_ip', 'IP addresses that it may not'],
  ['--permit-email <name>', 'permitted_email', 'mail addresses, a host, or .domain'],
  ['--exclude-email <name>', 'excluded_email', 'mail addresses that it may not'],
  ['--permit-uri <host>', 'permitted_uri', 'hosts of URIs, or .domain'],
  ['--exclude-uri <host>', 'excluded_uri', 'hosts of URIs that it may not'],
] as const;

interface Options extends Readonly<Record<string, unknown>> {
  readonly tier?: string;
  readonly rootAlgorithm?: string;
  readonly intermediateAlgorithm?: string;
  readonly crlShards?: number;
  readonly externalRoot?: boolean;
  readonly keyHome?: string;
  readonly wait: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `customer create HANDLE`: registers a customer and waits until its CA is active. */
export function customerCreateCommand(context: CliContext): Command {
  const command = new Command('create')
    .summary('create a customer with a root and an intermediate of its own')
    .description(
      'Creates a customer, waits until the ceremony has made its root and its intermediate, and prints the bearer that mints under it, once.',
    )
    .argument('<handle>', 'name of the customer: 1 to 40 of a-z, 0-9 and -')
    .addOption(
      new Option(
        '--tier <name>',
        'dev: a CA of its own; free: the CA that Free customers share (default: dev)',
      ).choices(['dev', 'free']),
    )
    .addOption(new Option('--root-algorithm <name>', 'key of the root (default: P-384)').choices(algorithms))
    .addOption(
      new Option('--intermediate-algorithm <name>', 'key of the intermediate (default: P-256)').choices(
        algorithms,
      ),
    );
  for (const [flag, , description] of constraints) {
    command.addOption(new Option(flag, `${description}; may be given more than once`).argParser(collect));
  }
  return command
    .option('--crl-shards <number>', `parts of the CRL, 1 to ${mostCrlShards}, for good (default: 1)`, shards)
    .option(
      '--external-root',
      'make no root: one of your own signs the intermediate (see: ca csr, ca import)',
    )
    .option('--key-home <home>', 'where the keys are made, for example aws?region=eu-west-1&role=…')
    .option('--no-wait', 'return at once, while the CA is still being made')
    .option('--timeout <seconds>', 'how long to wait for the CA', seconds, 120)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer create acme
  $ stackrunner customer create acme --tier free
  $ stackrunner customer create acme --root-algorithm RSA-4096 --intermediate-algorithm RSA-3072
  $ stackrunner customer create acme --permit-dns acme.example --permit-ip 10.0.0.0/8
  $ export STACKRUNNER_BEARER=$(stackrunner customer create acme --json | jq -r .bearer)`,
    )
    .action((handle: string, options: Options) => create(context, handle, options));
}

async function create(context: CliContext, handle: string, options: Options): Promise<void> {
  const admin = new AdminClient(context);
  const created = await register(admin, requestOf(handle, options));
  // Without a root of ours there is nothing to wait for: somebody has to sign first.
  const { customer, failure } =
    options.wait && !options.externalRoot
      ? await waitForCa(admin, context, { customer: created, seconds: options.timeout })
      : { customer: created, failure: undefined };

  // Before anything can fail: nobody can ask for this bearer again.
  const { bearer } = created;
  if (options.json) {
    context.stdout.write(jsonText({ ...customer, bearer }));
  } else {
    context.stdout.write(customerText(customer, bearer));
    context.stderr.write(bearerWarning(handle));
    if (options.externalRoot) context.stderr.write(externalRootHint(handle));
  }
  if (failure !== undefined) throw failure;
}

const externalRootHint = (handle: string): string =>
  `Get the request for your root with: stackrunner ca csr ${handle} --out ${handle}.csr\n`;

async function register(admin: AdminClient, customer: NewCustomer): Promise<CustomerWithBearer> {
  try {
    return await admin.create(customer);
  } catch (thrown) {
    if (!(thrown instanceof CliFailure && thrown.answerIsLost)) throw thrown;
    const { handle } = customer;
    throw thrown.withHint(
      `Should ${handle} exist afterwards, get a bearer with: stackrunner customer rotate-bearer ${handle}`,
    );
  }
}

function requestOf(handle: string, options: Options): NewCustomer {
  const lists = constraints
    .map(([flag, field]) => [field, options[optionName(flag)]] as const)
    .filter((entry): entry is readonly [(typeof entry)[0], string[]] => Array.isArray(entry[1]));
  return {
    handle,
    ...(options.tier === undefined ? {} : { tier: options.tier }),
    ...(options.rootAlgorithm === undefined ? {} : { root_algorithm: options.rootAlgorithm }),
    ...(options.intermediateAlgorithm === undefined
      ? {}
      : { intermediate_algorithm: options.intermediateAlgorithm }),
    ...(options.crlShards === undefined ? {} : { crl_shards: options.crlShards }),
    ...(options.externalRoot ? { external_root: true } : {}),
    ...(options.keyHome === undefined ? {} : { key_home: options.keyHome }),
    ...(lists.length === 0 ? {} : { name_constraints: Object.fromEntries(lists) }),
  };
}

const optionName = (flag: string): string => new Option(flag).attributeName();

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number of seconds from 1 to 99999.');
}

function shards(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= mostCrlShards) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${mostCrlShards}.`);
}
