import { openssl } from './openssl.js';
import { requireTool } from './require-tool.js';

const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;

describe('the openssl helpers', () => {
  withOpenssl('make a request with the names and the key that were asked for', async () => {
    const { csrPem, keyPem } = await openssl.csr({ san: ['DNS:a.example', 'IP:10.0.0.1'], key: 'P-384' });
    const text = await openssl.requestText(csrPem);
    expect(text).toContain('DNS:a.example, IP Address:10.0.0.1');
    expect(text).toContain('NIST CURVE: P-384');
    expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  withOpenssl('reject with what openssl said', async () => {
    await expect(openssl.certificateText('nonsense')).rejects.toThrow('openssl x509 failed');
    const chain = { leafPem: 'x', chainPem: 'y', rootPem: 'z' };
    await expect(openssl.verify(chain)).rejects.toThrow('openssl verify failed');
  });
});

describe('requireTool', () => {
  const ci = process.env.CI;
  afterEach(() => {
    if (ci === undefined) delete process.env.CI;
    else process.env.CI = ci;
  });

  it('fails under CI for a program that is not there', () => {
    process.env.CI = 'true';
    expect(() => requireTool('no-such-program', 'write it')).toThrow(
      'no-such-program is not on this machine: write it',
    );
  });

  it('finds what is there', () => {
    expect(requireTool('sh', 'find a Unix')).toBe(true);
  });
});
