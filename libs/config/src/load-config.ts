import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorCode } from '#libs/errors';
import type { Environment } from './environment.js';
import { type OptionMeta, optionMeta } from './option.js';
import { type ConfigOf, type ProcessName, schemas } from './schemas.js';
import { ConfigError } from './start-error.js';
import { unknownNames } from './unknown-names.js';

export interface LoadOptions {
  /** Default: the environment of the process. */
  readonly env?: Environment;
  /** Takes one line for each `STACKRUNNER_*` name that no process knows. Default: standard error. */
  readonly warn?: (line: string) => void;
}

/**
 * Reads a process's configuration from its environment, once, at boot. The result is frozen.
 *
 * An empty value counts as unset. A secret is read from `NAME` or from the file that `NAME_FILE` names,
 * without its trailing line break; both at once is an error.
 *
 * @throws ConfigError on the first value that cannot be used
 */
export function loadConfig<P extends ProcessName>(process: P, options: LoadOptions = {}): ConfigOf<P> {
  const env = options.env ?? environment();
  const warn = options.warn ?? ((line: string) => console.error(line));
  for (const line of unknownNames(env)) warn(line);
  const schema: z.ZodObject = schemas[process];
  const outcome = schema.safeParse(read(schema, env));
  if (!outcome.success) throw configError(schema, outcome.error);
  // The schema is looked up by the very name that the type is looked up by.
  return freeze(outcome.data) as ConfigOf<P>;
}

/** The environment of this process: the only place that reads it. */
function environment(): Environment {
  return process.env;
}

function read(group: z.ZodObject, env: Environment): Record<string, unknown> {
  const values = Object.entries(group.shape).map(([key, schema]) => {
    const meta = optionMeta(schema as z.ZodType);
    const value = meta ? readOption(meta, env) : read(schema as z.ZodObject, env);
    return [key, value] as const;
  });
  return Object.fromEntries(values);
}

function readOption({ env: name, secret }: OptionMeta, env: Environment): string | undefined {
  const direct = env[name] || undefined;
  const fileName = `${name}_FILE`;
  const file = secret ? env[fileName] || undefined : undefined;
  if (file === undefined) return direct;
  if (direct !== undefined) throw new ConfigError(`${name} and ${fileName} are both set: keep one.`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    const reason = errorCode(error) ?? 'unreadable';
    throw new ConfigError(`${fileName} names ${file}, which cannot be read (${reason}).`, { cause: error });
  }
}

function configError(schema: z.ZodObject, error: z.ZodError): ConfigError {
  const [issue] = error.issues;
  const meta = issue && metaAt(schema, issue.path);
  if (!issue || !meta) return new ConfigError('The configuration cannot be used.');
  const unset = issue.code === 'invalid_type' && issue.input === undefined;
  const file = meta.secret ? ` (or ${meta.env}_FILE)` : '';
  if (unset) return new ConfigError(`${meta.env}${file} must be set: ${meta.description}`);
  return new ConfigError(`${meta.env}${file} ${reason(issue)}.`);
}

/** What is wrong, without the value: it may be a secret, or hold one. */
function reason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must have at least ${issue.minimum} characters`;
    default:
      return issue.message;
  }
}

function metaAt(schema: z.ZodObject, path: readonly PropertyKey[]): OptionMeta | undefined {
  let at: z.ZodType = schema;
  for (const key of path) {
    if (!(at instanceof z.ZodObject)) break;
    at = at.shape[String(key)] as z.ZodType;
  }
  return optionMeta(at);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
