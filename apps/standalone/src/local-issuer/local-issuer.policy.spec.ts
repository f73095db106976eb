import type { StandaloneConfig } from '#libs/config';
import { wantsLocalIssuer } from './local-issuer.policy.js';

type Config = Parameters<typeof wantsLocalIssuer>[0];
const config = (changes: Partial<Config>): Config => ({
  localIssuer: 'auto',
  publicUrl: undefined,
  host: '127.0.0.1',
  identityProviders: [],
  ...changes,
});
const provider = { id: 'x' } as StandaloneConfig['identityProviders'][number];

describe('the issuer for development', () => {
  it('runs by itself where nothing else is configured and nobody else can come', () => {
    expect(wantsLocalIssuer(config({}))).toBe(true);
    expect(wantsLocalIssuer(config({ publicUrl: 'http://localhost:8080', host: '::1' }))).toBe(true);
    expect(wantsLocalIssuer(config({ localIssuer: 'off' }))).toBe(false);
    expect(wantsLocalIssuer(config({ identityProviders: [provider] }))).toBe(false);
    expect(wantsLocalIssuer(config({ publicUrl: 'https://ca.example.com' }))).toBe(false);
    expect(wantsLocalIssuer(config({ host: '0.0.0.0' }))).toBe(false);
  });

  it('refuses to run where others can come', () => {
    const on = (changes: Partial<Config>) => () =>
      wantsLocalIssuer(config({ localIssuer: 'on', ...changes }));
    expect(on({ identityProviders: [provider] })()).toBe(true);
    expect(on({ publicUrl: 'https://ca.example.com' })).toThrow(
      'STACKRUNNER_PUBLIC_URL (https://ca.example.com)',
    );
    expect(on({ publicUrl: 'http://127.0.0.1.example.com' })).toThrow('is public');
    expect(on({ host: '0.0.0.0' })).toThrow('STACKRUNNER_HOST (0.0.0.0)');
  });
});
