import { loadConfig } from './load-config.js';
import { identityProvidersText } from './sign-in.options.js';

const load = (env: Record<string, string>) => loadConfig('standalone', { env, warn: () => undefined });
const google = {
  id: 'google',
  issuer: 'https://accounts.google.com',
  client_id: 'c',
  client_secret: 's3cret',
};

describe('the identity providers', () => {
  it('are none unless there are some, with defaults', () => {
    expect(load({}).identityProviders).toEqual([]);
    const { identityProviders } = load({ STACKRUNNER_OIDC_PROVIDERS: JSON.stringify([google]) });
    expect(identityProviders).toEqual([
      {
        id: 'google',
        name: 'google',
        issuer: 'https://accounts.google.com',
        clientId: 'c',
        clientSecret: 's3cret',
        audiences: [],
        algorithms: ['RS256', 'ES256'],
        scope: 'openid email profile',
        signIn: true,
      },
    ]);
    const again = { STACKRUNNER_OIDC_PROVIDERS: identityProvidersText(identityProviders) };
    expect(load(again).identityProviders).toEqual(identityProviders);
  });

  it('are refused with the place that is wrong, without their secrets', () => {
    const refusal = (providers: unknown) => {
      try {
        load({ STACKRUNNER_OIDC_PROVIDERS: JSON.stringify(providers) });
      } catch (error) {
        return String(error);
      }
      return 'accepted';
    };
    expect(refusal([{ ...google, algorithms: ['HS256'] }])).toContain('[0].algorithms[0]');
    expect(refusal([{ ...google, algorithms: ['none'] }])).toContain('[0].algorithms[0]');
    expect(refusal([{ ...google, issuer: 'http://accounts.google.com' }])).toContain(
      '[0].issuer must be an https URL',
    );
    expect(refusal([{ ...google, issuer: 'http://127.0.0.1:1' }])).toBe('accepted');
    expect(refusal([{ ...google, extra: 1 }])).toContain('[0]');
    expect(refusal([google, google])).toContain('names an id twice');
    expect(refusal([google, { ...google, id: 'other' }])).toContain('names an issuer twice');
    expect(refusal([{ ...google, id: 'callback' }])).toContain('must not use the id callback');
    expect(refusal({})).toContain('STACKRUNNER_OIDC_PROVIDERS');
    expect(refusal([{ ...google, client_id: 5 }])).not.toContain('s3cret');
  });
});

describe('who may sign in', () => {
  it('is a list of addresses and domains', () => {
    expect(load({}).signInAllow).toEqual([]);
    expect(load({ STACKRUNNER_SIGN_IN_ALLOW: 'Ada@Example.com, @example.org' }).signInAllow).toEqual([
      'ada@example.com',
      '@example.org',
    ]);
    expect(() => load({ STACKRUNNER_SIGN_IN_ALLOW: 'example.org' })).toThrow('STACKRUNNER_SIGN_IN_ALLOW');
  });
});
