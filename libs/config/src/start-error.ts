/** Why a process cannot start: one line for the person who started it, who can do something about it. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** A value that cannot be used. The message names the variable, and never shows a secret. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
}
