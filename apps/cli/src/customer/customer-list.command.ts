import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../output/json-option.js';
import { jsonText, table } from '../output/layout.js';
import { AdminClient, type CustomerJson } from '../server/admin-client.js';

/** `customer list`: every customer by handle. */
export function customerListCommand(context: CliContext): Command {
  return new Command('list')
    .summary('list all customers')
    .description('Lists all customers by handle. With --json, one object whose `customers` has them all.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer list
  $ stackrunner customer list --json | jq -r '.customers[] | select(.status == "suspended").handle'`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const customers: CustomerJson[] = [];
      for await (const customer of new AdminClient(context).list()) customers.push(customer);
      context.stdout.write(json ? jsonText({ customers }) : listText(customers));
    });
}

function listText(customers: readonly CustomerJson[]): string {
  if (customers.length === 0) {
    return 'There are no customers. Create one with: stackrunner customer create HANDLE\n';
  }
  return table(
    ['HANDLE', 'STATUS', 'CREATED', 'PKI'],
    customers.map((customer) => [
      customer.handle,
      customer.status,
      customer.created_at ?? '',
      customer.pki_url ?? '',
    ]),
  );
}
