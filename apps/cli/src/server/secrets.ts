import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isError, messageOf, usageError } from '../cli-failure.js';

/** What an HTTP header can carry as a bearer token. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * The operator's token: from the environment, else the file that the standalone server wrote.
 *
 * @param home where a relative data folder is looked for when it is not below the working folder: `npm start`
 *   makes it in the checkout, and the command line is called from anywhere in it
 */
export async function operatorToken(
  settings: { readonly operatorToken?: string | undefined; readonly dataDir: string },
  home: string,
): Promise<string> {
  if (settings.operatorToken !== undefined) {
    return tokenIn(settings.operatorToken, 'STACKRUNNER_OPERATOR_TOKEN');
  }
  const file = join(settings.dataDir, 'operator.token');
  for (const candidate of new Set([resolve(file), resolve(home, file)])) {
    const text = await readSecret(candidate);
    if (text !== undefined) return tokenIn(text, candidate);
  }
  throw usageError(
    `there is no operator token: ${file} does not exist`,
    'Start the server here with: npm start, point STACKRUNNER_DATA_DIR at its data folder, or set STACKRUNNER_OPERATOR_TOKEN.',
  );
}

/** The customer's bearer: from the file when one is named, else from the environment. */
export async function customerBearer(
  settings: { readonly bearer?: string | undefined },
  file: string | undefined,
): Promise<string> {
  if (file !== undefined) {
    const text = await readSecret(file);
    if (text === undefined) throw usageError(`there is no file ${file}`);
    return tokenIn(text, file);
  }
  if (settings.bearer !== undefined) return tokenIn(settings.bearer, 'STACKRUNNER_BEARER');
  throw usageError(
    'mint needs the bearer of the customer',
    'Set STACKRUNNER_BEARER, or name a file that holds it with --bearer-file. A new one: stackrunner customer rotate-bearer HANDLE',
  );
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isError(cause) && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw usageError(`cannot read ${file}: ${messageOf(cause)}`);
  }
}

function tokenIn(text: string, source: string): string {
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  throw usageError(
    token === '' ? `${source} is empty` : `${source} does not hold a token: it must be one word of ASCII`,
  );
}
