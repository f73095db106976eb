import { Command } from 'commander';
import { caCsrCommand } from './ca/ca-csr.command.js';
import { caImportCommand } from './ca/ca-import.command.js';
import { caRotateCommand } from './ca/ca-rotate.command.js';
import { ceremonyShowCommand } from './ceremony/ceremony-show.command.js';
import { ceremonyVerifyCommand } from './ceremony/ceremony-verify.command.js';
import type { CliContext } from './cli-context.js';
import { customerCreateCommand } from './customer/customer-create.command.js';
import { customerListCommand } from './customer/customer-list.command.js';
import { customerResumeCommand } from './customer/customer-resume.command.js';
import { customerRotateBearerCommand } from './customer/customer-rotate-bearer.command.js';
import { customerSetLimitsCommand } from './customer/customer-set-limits.command.js';
import { customerShowCommand } from './customer/customer-show.command.js';
import { customerSuspendCommand } from './customer/customer-suspend.command.js';
import { mintCommand } from './mint/mint.command.js';
import { reconcileCommand } from './revoke/reconcile.command.js';
import { revokeCommand } from './revoke/revoke.command.js';
import { statusCommand } from './status/status.command.js';

/** The whole command line: every command with its flags and its help. */
export function program(context: CliContext): Command {
  const customer = new Command('customer')
    .summary('create and manage customers')
    .description("Creates and manages customers. It needs the operator's token.")
    .addCommand(customerCreateCommand(context))
    .addCommand(customerShowCommand(context))
    .addCommand(customerListCommand(context))
    .addCommand(customerSuspendCommand(context))
    .addCommand(customerResumeCommand(context))
    .addCommand(customerRotateBearerCommand(context))
    .addCommand(customerSetLimitsCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer create acme
  $ stackrunner customer create --help`,
    );

  const ca = new Command('ca')
    .summary("rotate a customer's CA, or bring one of your own")
    .description("Looks after a customer's CA. It needs the operator's token.")
    .addCommand(caRotateCommand(context))
    .addCommand(caCsrCommand(context))
    .addCommand(caImportCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ca rotate acme --dry-run
  $ stackrunner ca --help`,
    );

  const ceremony = new Command('ceremony')
    .summary('show and verify what was done to make CAs')
    .description('Shows and verifies the transcripts of ceremonies, for operators and auditors.')
    .addCommand(ceremonyShowCommand(context))
    .addCommand(ceremonyVerifyCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner ceremony show acme --out acme.transcript.json
  $ stackrunner ceremony verify acme.transcript.json
  $ stackrunner ceremony --help`,
    );

  return new Command('stackrunner')
    .description('Operates a Stackrunner certificate authority, and mints certificates with it.')
    .version(context.version, '--version', 'print the version of the command line')
    .addCommand(customer)
    .addCommand(ca)
    .addCommand(ceremony)
    .addCommand(mintCommand(context))
    .addCommand(revokeCommand(context))
    .addCommand(reconcileCommand(context))
    .addCommand(statusCommand(context))
    .addHelpText(
      'after',
      `
Environment:
  STACKRUNNER_URL             the server (default: http://127.0.0.1:8080)
  STACKRUNNER_OPERATOR_TOKEN  token for customer, ca, ceremony, revoke, reconcile and status, or STACKRUNNER_OPERATOR_TOKEN_FILE
                              (default: operator.token in STACKRUNNER_DATA_DIR)
  STACKRUNNER_DATA_DIR        data folder of the server (default: .stackrunner)
  STACKRUNNER_BEARER          bearer for mint, or STACKRUNNER_BEARER_FILE

Exit codes:
  0 done; 1 the server refused or failed; 2 wrong usage, nothing was sent; 3 no answer from the server

Examples:
  $ stackrunner status
  $ stackrunner customer create acme
  $ stackrunner mint acme --csr leaf.csr --ttl 7d --out certs`,
    );
}
