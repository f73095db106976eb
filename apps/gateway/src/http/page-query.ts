import { DomainError } from '#libs/errors';
import type { Parameter } from '../openapi/operation.js';

const defaultPage = 100;
const largestPage = 500;

export interface Page {
  readonly size: number;
  /** Of the page before; empty for the first. */
  readonly token: string;
}

/** Reads `limit` and `page_token` of a list. @throws DomainError bad_request */
export function readPage(query: Record<string, unknown>): Page {
  return { size: pageSize(query.limit), token: pageToken(query.page_token) };
}

export const pageParameters: readonly Parameter[] = [
  {
    name: 'limit',
    in: 'query',
    description: 'Entries a page; default 100.',
    schema: { type: 'integer', minimum: 1, maximum: largestPage },
  },
  {
    name: 'page_token',
    in: 'query',
    description: 'next_page_token of the page before.',
    schema: { type: 'string' },
  },
];

function pageSize(text: unknown): number {
  if (text === undefined) return defaultPage;
  const size = typeof text === 'string' && /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (size >= 1 && size <= largestPage) return size;
  throw new DomainError('bad_request', `limit must be a whole number from 1 to ${largestPage}.`, {
    details: { field: 'limit' },
  });
}

function pageToken(text: unknown): string {
  if (text === undefined) return '';
  // A null octet, for example, could be in none.
  if (typeof text === 'string' && /^[\x20-\x7e]{0,100}$/.test(text)) return text;
  throw new DomainError('bad_request', 'page_token is not one that this interface gave.', {
    details: { field: 'page_token' },
  });
}
