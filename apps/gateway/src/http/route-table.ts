import type { Operation } from '../openapi/operation.js';

/** Which methods a path answers, for 405 (RFC 9110 §15.5.6) and OPTIONS. */
export class RouteTable {
  private readonly routes: readonly { readonly pattern: RegExp; readonly method: string }[];

  constructor(operations: readonly Operation[]) {
    this.routes = operations.map(({ path, method }) => ({
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      method,
    }));
  }

  /**
   * @param url with or without a query
   * @returns the value of Allow; undefined when there is nothing at this path
   */
  allow(url: string): string | undefined {
    const [path = ''] = url.split('?', 1);
    const methods = new Set(
      this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method),
    );
    if (methods.size === 0) return undefined;
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods, 'OPTIONS'].join(', ');
  }
}
