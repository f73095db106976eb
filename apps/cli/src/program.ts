import { Command } from 'commander';
import { auditExportCommand } from './audit/audit-export.command.js';
import { auditVerifyCommand } from './audit/audit-verify.command.js';
import { caCsrCommand } from './ca/ca-csr.command.js';
import { caImportCommand } from './ca/ca-import.command.js';
import { caRotateCommand } from './ca/ca-rotate.command.js';
import { ceremonyShowCommand } from './ceremony/ceremony-show.command.js';
import { ceremonyVerifyCommand } from './ceremony/ceremony-verify.command.js';
import type { CliContext } from './cli-context.js';
import { credentialListCommand } from './credential/credential-list.command.js';
import { credentialRevokeCommand } from './credential/credential-revoke.command.js';
import { credentialSeedCommand } from './credential/credential-seed.command.js';
import { customerCreateCommand } from './customer/customer-create.command.js';
import { customerListCommand } from './customer/customer-list.command.js';
import { customerPromoteCommand } from './customer/customer-promote.command.js';
import { customerResetBirthCertCommand } from './customer/customer-reset-birth-cert.command.js';
import { customerResumeCommand } from './customer/customer-resume.command.js';
import { customerRotateBearerCommand } from './customer/customer-rotate-bearer.command.js';
import { customerSetLimitsCommand } from './customer/customer-set-limits.command.js';
import { customerSetPlanCommand } from './customer/customer-set-plan.command.js';
import { customerShowCommand } from './customer/customer-show.command.js';
import { customerSuspendCommand } from './customer/customer-suspend.command.js';
import { mintCommand } from './mint/mint.command.js';
import { reconcileCommand } from './revoke/reconcile.command.js';
import { revokeCommand } from './revoke/revoke.command.js';
import { loginCommand } from './session/login.command.js';
import { logoutCommand } from './session/logout.command.js';
import { whoamiCommand } from './session/whoami.command.js';
import { statusCommand } from './status/status.command.js';
import { usageMonthsCommand } from './usage/usage-months.command.js';
import { usageReconcileCommand } from './usage/usage-reconcile.command.js';

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
    .addCommand(customerResetBirthCertCommand(context))
    .addCommand(customerSetLimitsCommand(context))
    .addCommand(customerSetPlanCommand(context))
    .addCommand(customerPromoteCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner customer create acme
  $ stackrunner customer create --help`,
    );

  const audit = new Command('audit')
    .summary('export and check audit trails')
    .description("Exports customers' audit trails, and checks what was exported.")
    .addCommand(auditExportCommand(context))
    .addCommand(auditVerifyCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner audit export acme --out acme.audit.jsonl
  $ stackrunner audit verify acme.audit.jsonl`,
    );

  const credential = new Command('credential')
    .summary('make and revoke scoped credentials')
    .description("Makes, lists and revokes customers' scoped credentials. It needs the operator's token.")
    .addCommand(credentialSeedCommand(context))
    .addCommand(credentialListCommand(context))
    .addCommand(credentialRevokeCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner credential seed acme --modes=sign_leaf
  $ stackrunner credential list acme`,
    );

  const usage = new Command('usage')
    .summary('reconcile and show what customers used')
    .description("Reconciles and shows what customers used. It needs the operator's token.")
    .addCommand(usageReconcileCommand(context))
    .addCommand(usageMonthsCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ stackrunner usage reconcile
  $ stackrunner usage months acme`,
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
    .addCommand(audit)
    .addCommand(usage)
    .addCommand(credential)
    .addCommand(ca)
    .addCommand(ceremony)
    .addCommand(mintCommand(context))
    .addCommand(loginCommand(context))
    .addCommand(logoutCommand(context))
    .addCommand(whoamiCommand(context))
    .addCommand(revokeCommand(context))
    .addCommand(reconcileCommand(context))
    .addCommand(statusCommand(context))
    .addHelpText(
      'after',
      `
Environment:
  STACKRUNNER_URL             the server (default: http://127.0.0.1:8080)
  STACKRUNNER_OPERATOR_TOKEN  token for customer, credential and status, or STACKRUNNER_OPERATOR_TOKEN_FILE
  STACKRUNNER_OPERATOR_TOKEN  token for customer, ca, ceremony, revoke, reconcile and status, or STACKRUNNER_OPERATOR_TOKEN_FILE
                              (default: operator.token in STACKRUNNER_DATA_DIR)
  STACKRUNNER_DATA_DIR        data folder of the server (default: .stackrunner)
  STACKRUNNER_BEARER          bearer for mint, or STACKRUNNER_BEARER_FILE
  STACKRUNNER_SESSION_FILE    where login keeps sessions (default: ~/.config/stackrunner/sessions.json)

Exit codes:
  0 done; 1 the server refused or failed; 2 wrong usage, nothing was sent; 3 no answer from the server

Examples:
  $ stackrunner status
  $ stackrunner customer create acme
  $ stackrunner mint acme --csr leaf.csr --ttl 7d --out certs`,
    );
}
