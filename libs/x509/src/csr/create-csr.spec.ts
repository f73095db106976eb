import { createCsr } from './create-csr.js';
import { parseCsr } from './parse-csr.js';
import { verifyCsr } from './verify-csr.js';

describe('a request made by us', () => {
  it('passes our own strict reading, with its names and a proof of possession', () => {
    const csr = parseCsr(createCsr({ dnsNames: ['a.example', 'b.example'] }).csrDer);
    expect(() => verifyCsr(csr)).not.toThrow();
    expect(csr.subjectAltNames.map(({ value }) => value)).toEqual(['a.example', 'b.example']);
  });
});
