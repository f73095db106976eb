import { type LoadResult, wrk } from './wrk.js';

export interface LoadPlan {
  readonly bodies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

/**
 * Posts `bodies` in turn over `connections` for `seconds`.
 * Gives requests a second, p50 and p99 in ms; throws when any answer was not 2xx.
 */
export function load(url: string, { bodies, ...plan }: LoadPlan): Promise<LoadResult> {
  const { origin, pathname: path } = new URL(url);
  return wrk(origin, { ...plan, requests: bodies.map((body) => ({ method: 'POST', path, body })) });
}
