import { hostRoutes } from './host-routes.js';
import { requestId } from './request-id.js';

describe('host-based routes', () => {
  const rewrite = hostRoutes('ca.example');

  it.each([
    ['acme.pki.ca.example', '/ca/root.pem', '/pki/acme/ca/root.pem'],
    ['ACME.PKI.ca.example:8080', '/cert/ab?x=1', '/pki/acme/cert/ab?x=1'],
    ['acme.pki.ca.example.', '/ca/root.pem', '/pki/acme/ca/root.pem'],
    ['pki.ca.example', '/acme/intermediate.crl', '/pki/acme/intermediate.crl'],
    ['mint.ca.example', '/acme/mint', '/acme/mint'],
    ['ca.example', '/pki/acme/ca/root.pem', '/pki/acme/ca/root.pem'],
    ['evilpki.ca.example', '/acme/mint', '/acme/mint'],
    ['a.b.pki.ca.example', '/ca/root.pem', '/ca/root.pem'],
    ['-.pki.ca.example', '/ca/root.pem', '/ca/root.pem'],
    ['acme.pki.other.example', '/ca/root.pem', '/ca/root.pem'],
    ['pki.ca.example', '*', '*'],
    [undefined, '/acme/mint', '/acme/mint'],
  ])('%s%s is %s', (host, url, expected) => {
    expect(rewrite({ headers: host === undefined ? {} : { host }, url })).toBe(expected);
  });
});

describe('a request id', () => {
  it('is the one that the request brings, when it is sane', () => {
    expect(requestId({ headers: { 'x-request-id': 'build-42/step.1' } })).toBe('build-42/step.1');
  });

  it.each([undefined, '', 'a b', 'x'.repeat(129), 'a\n', 'é', '"'])('is new instead of %j', (brought) => {
    const first = requestId({ headers: { 'x-request-id': brought } });
    expect(first).toMatch(/^[A-Za-z0-9]{5,}-[0-9a-z]+$/);
    expect(requestId({ headers: {} })).not.toBe(first);
  });
});
