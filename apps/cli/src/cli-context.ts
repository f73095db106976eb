/** The part of a stream that commands write to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The settings of the command line, read from the environment. */
export interface CliSettings {
  /** Base URL of the server, without a trailing slash. */
  readonly url: string;
  /** The operator's token, when the environment gives one. */
  readonly operatorToken?: string | undefined;
  /** Where the standalone server keeps `operator.token`. */
  readonly dataDir: string;
  /** Where sessions are kept; the home folder's own place without it. */
  readonly sessionFile?: string | undefined;
  /** The customer's bearer, when the environment gives one. */
  readonly bearer?: string | undefined;
}

/** Everything a command touches outside itself. */
export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Read when a command needs them, so that `--help` works whatever the environment says. */
  readonly settings: () => CliSettings;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Resolves after so many milliseconds, or rejects when the signal is aborted. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly randomId: () => string;
  /** Folder of the program; a relative data folder is looked for here as well. */
  readonly home: string;
  readonly version: string;
}
