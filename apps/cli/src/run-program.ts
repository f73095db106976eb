import { type Command, CommanderError } from 'commander';
import type { CliContext } from './cli-context.js';
import { CliFailure, exitCodes, messageOf } from './cli-failure.js';
import { program } from './program.js';

/** Runs one command and resolves to its exit code; every failure is printed, none is thrown. */
export async function runProgram(argv: readonly string[], context: CliContext): Promise<number> {
  const root = program(context);
  for (const command of commandsOf(root)) {
    command.exitOverride().showHelpAfterError(`(see: ${pathOf(command)} --help)`);
    command.configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  }
  try {
    await root.parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    // commander has printed its own words already: help, or what is wrong with the arguments.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure =
      thrown instanceof CliFailure ? thrown : new CliFailure(exitCodes.failed, messageOf(thrown));
    context.stderr.write(`${argv.includes('--json') ? failure.toJson() : failure.toText()}\n`);
    return failure.exitCode;
  }
}

/** A command with all below it. */
export function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => commandsOf(child))];
}

/** As a user types it, for example `stackrunner customer create`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
