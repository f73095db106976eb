import { types } from 'node:util';

/** What the command line's exit status tells a script. */
export const exitCodes = {
  ok: 0,
  /** The server refused or failed, or a file could not be written. */
  failed: 1,
  /** The command, a flag, a file or a setting is not usable as given; nothing was sent. */
  usage: 2,
  /** No answer from the server. */
  unreachable: 3,
  /** Ended by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly request_id?: string;
  readonly [detail: string]: unknown;
}

export interface FailureContext {
  /** A further line: what the user can do about it. */
  readonly hint?: string | undefined;
  /** What the server said, where it was the server that refused. */
  readonly error?: ServerError;
  readonly httpStatus?: number;
}

/** Ends a command: what to print on stderr, and the exit code. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly context: FailureContext = {},
  ) {
    super(message);
  }

  /** Whether the request may have been carried out although its answer never came. */
  get answerIsLost(): boolean {
    return this.exitCode === exitCodes.unreachable || this.exitCode === exitCodes.interrupted;
  }

  /** The same failure with a further line of help. */
  withHint(line: string): CliFailure {
    const hint = this.context.hint === undefined ? line : `${this.context.hint}\n${line}`;
    return new CliFailure(this.exitCode, this.message, { ...this.context, hint });
  }

  /** One JSON object in the server's own envelope, for `--json`. */
  toJson(): string {
    const { hint, error = { code: nameOf(this.exitCode), message: this.message } } = this.context;
    return JSON.stringify({ error: hint === undefined ? error : { ...error, hint } });
  }

  toText(): string {
    const { hint, error } = this.context;
    const request = error?.request_id === undefined ? '' : ` (request ${error.request_id})`;
    const line = error === undefined ? this.message : `${error.code}: ${error.message}${request}`;
    return hint === undefined ? `error: ${line}` : `error: ${line}\n${hint}`;
  }
}

export const usageError = (message: string, hint?: string): CliFailure =>
  new CliFailure(exitCodes.usage, message, { hint });

/** The words of anything thrown. */
export const messageOf = (thrown: unknown): string => (isError(thrown) ? thrown.message : String(thrown));

/** Also true for an error of another realm, as those of Node's own modules are under a test runner. */
export const isError = (thrown: unknown): thrown is Error => types.isNativeError(thrown);

function nameOf(exitCode: ExitCode): string {
  switch (exitCode) {
    case exitCodes.usage:
      return 'usage';
    case exitCodes.unreachable:
      return 'unreachable';
    case exitCodes.interrupted:
      return 'interrupted';
    default:
      return 'failed';
  }
}
