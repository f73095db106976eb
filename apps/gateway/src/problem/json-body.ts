import { DomainError } from '#libs/errors';

/**
 * Parses a JSON body.
 *
 * @throws DomainError bad_request with the parser's own words about what is wrong and where
 */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
    throw new DomainError('bad_request', `The body is not JSON: ${why}.`, { cause: error });
  }
}
