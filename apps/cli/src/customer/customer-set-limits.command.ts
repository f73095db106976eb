import { Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../cli-context.js';
import { usageError } from '../cli-failure.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText } from '../output/layout.js';
import { AdminClient, type LimitsChange } from '../server/admin-client.js';
import { customerText } from './customer-text.js';

/** The largest limit that the server takes. */
const MOST = 1_000_000_000;

type Limit = number | 'unlimited';

interface Options {
  readonly perMinute?: Limit;
  readonly perMonth?: Limit;
  readonly json?: boolean;
}

/** `customer set-limits HANDLE`: how many certificates a customer may mint. */
export function customerSetLimitsCommand(context: CliContext): Command {
  return new Command('set-limits')
    .summary('set how many certificates a customer may mint')
    .description(
      'Sets how many certificates a customer may mint in any 60 seconds and in a calendar month (UTC). A limit that is not given stays as it is; 0 allows none.',
    )
    .argument('<handle>', 'name of the customer')
    .option('--per-minute <limit>', `certificates in any 60 seconds: 0 to ${MOST}, or unlimited`, limit)
    .option('--per-month <limit>', `certificates in a calendar month: 0 to ${MOST}, or unlimited`, limit)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer set-limits acme --per-minute 2000 --per-month 100000
  $ stackrunner customer set-limits acme --per-month unlimited`,
    )
    .action(async (handle: string, options: Options) => {
      const customer = await new AdminClient(context).setLimits(handle, changeOf(options));
      context.stdout.write(options.json ? jsonText(customer) : customerText(customer));
    });
}

function changeOf({ perMinute, perMonth }: Options): LimitsChange {
  if (perMinute === undefined && perMonth === undefined) {
    throw usageError('nothing to set', 'Give --per-minute, --per-month or both.');
  }
  return {
    ...(perMinute === undefined ? {} : { per_minute: toJson(perMinute) }),
    ...(perMonth === undefined ? {} : { per_month: toJson(perMonth) }),
  };
}

const toJson = (limit: Limit): number | null => (limit === 'unlimited' ? null : limit);

// Not null at once: commander takes a null from here for a flag without a value.
function limit(text: string): Limit {
  if (text === 'unlimited') return text;
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value <= MOST) return value;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${MOST}, or unlimited.`);
}
