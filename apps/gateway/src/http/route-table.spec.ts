import type { Operation } from '../openapi/operation.js';
import { RouteTable } from './route-table.js';

describe('the route table', () => {
  const table = new RouteTable();
  table.add('POST', '/:handle/mint');
  table.add(['GET', 'HEAD'], '/openapi.json');
  table.add('GET', '/v1/things');
  table.add('POST', '/v1/things');

  it.each([
    ['/acme/mint', 'POST, OPTIONS'],
    ['/acme/mint?x=/y', 'POST, OPTIONS'],
    ['/openapi.json', 'GET, HEAD, OPTIONS'],
    ['/v1/things', 'GET, POST, OPTIONS'],
    ['/openapixjson', undefined],
    ['/a/b/mint', undefined],
    ['/mint', undefined],
    ['/', undefined],
  ])('%s answers %s', (url, allow) => {
    expect(table.allow(url)).toBe(allow);
  });

  it('holds documentation and routes together', () => {
    const operation = (method: string, path: string) => ({ method, path }) as Operation;
    const all = [
      operation('POST', '/{handle}/mint'),
      operation('GET', '/openapi.json'),
      operation('GET', '/v1/things'),
      operation('POST', '/v1/things'),
    ];
    expect(() => table.assertDocumented(all)).not.toThrow();
    expect(() => table.assertDocumented(all.slice(1))).toThrow('POST /:handle/mint');
    expect(() => table.assertDocumented([...all, operation('GET', '/more')])).toThrow('GET /more');
  });
});
