import type { Operation } from '../openapi/operation.js';

interface Route {
  readonly method: string;
  /** With parameters as fastify writes them: `/:handle/mint`. */
  readonly path: string;
  readonly pattern: RegExp;
}

/** Every route that is served, to say what a path answers. */
export class RouteTable {
  private readonly routes: Route[] = [];

  add(methods: string | readonly string[], path: string): void {
    const pattern = new RegExp(
      `^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+').replace('*', '.+')}$`,
    );
    // The rest of a path is documented as what it is there for: an OCSP request.
    const named = path.replace('*', ':request');
    for (const method of [methods].flat()) this.routes.push({ method, path: named, pattern });
  }

  /**
   * What a path answers, for 405 (RFC 9110 §15.5.6) and OPTIONS.
   *
   * @param url with or without a query
   * @returns the value of Allow; undefined when there is nothing at this path
   */
  allow(url: string): string | undefined {
    const [path = ''] = url.split('?', 1);
    const methods = this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return methods.length === 0 ? undefined : [...new Set(methods), 'OPTIONS'].join(', ');
  }

  /**
   * A route that `/openapi.json` does not name, or one that it makes up, is a fault of this version.
   *
   * @throws TypeError that names them
   */
  assertDocumented(operations: readonly Operation[]): void {
    const documented = new Set(
      operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const served = new Set(
      this.routes.filter(({ method }) => method !== 'HEAD').map(({ method, path }) => `${method} ${path}`),
    );
    const wrong = [
      ...[...served].filter((route) => !documented.has(route)),
      ...[...documented].filter((route) => !served.has(route)),
    ];
    if (wrong.length > 0) throw new TypeError(`Served or documented, but not both: ${wrong.join(', ')}`);
  }
}
