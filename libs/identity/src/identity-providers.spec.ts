import { exportSPKI, generateKeyPair, importPKCS8, SignJWT, UnsecuredJWT } from 'jose';
import type { IdentityProviderConfig } from '#libs/config';
import { DomainError } from '#libs/errors';
import {
  FixedClock,
  type OidcIssuer,
  startOidcIssuer,
  startTokenIssuer,
  type TokenIssuer,
} from '#libs/testing';
import { IdentityProviders } from './identity-providers.js';
import { readTicket, writeTicket } from './sign-in-ticket.js';

const redirectUri = 'http://127.0.0.1:9/v1/sign-in/callback';

const provider = (changes: Partial<IdentityProviderConfig>): IdentityProviderConfig => ({
  id: 'oidc',
  name: 'Test issuer',
  issuer: 'http://127.0.0.1:9',
  clientId: 'client',
  clientSecret: undefined,
  audiences: [],
  algorithms: ['RS256', 'ES256'],
  scope: 'openid email profile',
  signIn: true,
  ...changes,
});

let oidc: OidcIssuer;
let firebase: TokenIssuer;
const build = (
  options: { allow?: string[]; now?: () => number; firebase?: Partial<IdentityProviderConfig> } = {},
) =>
  new IdentityProviders({
    providers: [
      provider({ issuer: oidc.issuer, clientId: oidc.clientId, clientSecret: oidc.clientSecret }),
      provider({
        ...{ id: 'firebase', issuer: firebase.issuer, clientId: firebase.project, signIn: false },
        ...options.firebase,
      }),
    ],
    allow: options.allow ?? [],
    now: options.now ?? Date.now,
  });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
  );

beforeAll(async () => {
  [oidc, firebase] = await Promise.all([startOidcIssuer([redirectUri]), startTokenIssuer()]);
});
afterAll(() => Promise.all([oidc.stop(), firebase.stop()]));

describe('a sign-in in a browser', () => {
  async function signIn(providers: IdentityProviders, change: (answer: URL) => void = () => undefined) {
    const { url, ticket } = await providers.begin('oidc', redirectUri, '/after');
    const back = await oidc.visit(url);
    change(back);
    const get = (name: string) => back.searchParams.get(name) ?? undefined;
    const answer = { state: get('state'), code: get('code'), error: get('error'), iss: get('iss') };
    return { answer, ticket, finish: () => providers.finish(answer, ticket, redirectUri) };
  }

  it('ends with whom the issuer vouches for', async () => {
    oidc.account = { subject: 'u-1', email: 'Grace@Example.com', name: 'Grace Hopper' };
    const { finish, ticket } = await signIn(build());
    expect(await finish()).toEqual({
      issuer: oidc.issuer,
      subject: 'u-1',
      email: 'grace@example.com',
      name: 'Grace Hopper',
    });
    expect(ticket.returnTo).toBe('/after');
  });

  it('is refused with a state, verifier, nonce or issuer of another one', async () => {
    oidc.account = { subject: 'u-2', email: 'u2@example.com' };
    const providers = build();
    const { answer, ticket } = await signIn(providers);
    const finish = (
      ...[a, t]: Parameters<IdentityProviders['finish']> extends [infer A, infer T, string] ? [A, T] : never
    ) => codeOf(providers.finish(a, t, redirectUri));
    expect(await finish({ ...answer, state: 'other' }, ticket)).toBe('sign_in_failed');
    expect(await finish({ ...answer, state: undefined }, ticket)).toBe('sign_in_failed');
    expect(await finish(answer, undefined)).toBe('sign_in_failed');
    expect(await finish({ ...answer, iss: 'https://evil.example' }, ticket)).toBe('sign_in_failed');
    expect(await finish({ ...answer, iss: undefined }, ticket)).toBe('sign_in_failed');
    expect(await finish({ ...answer, code: undefined, error: 'access_denied' }, ticket)).toBe(
      'sign_in_failed',
    );
    expect(await finish(answer, { ...ticket, nonce: 'other' })).toBe('unauthorized');
    const second = await signIn(providers);
    expect(await finish(second.answer, { ...second.ticket, codeVerifier: 'x'.repeat(43) })).toBe(
      'sign_in_failed',
    );
  });

  it('redeems a code once', async () => {
    const { finish } = await signIn(build());
    expect(await codeOf(finish())).toBe('accepted');
    expect(await codeOf(finish())).toBe('sign_in_failed');
  });

  it('needs a verified e-mail that is on the list', async () => {
    const outcome = async (allow: string[]) => codeOf((await signIn(build({ allow }))).finish());
    oidc.account = { subject: 'u-3', email: 'u3@example.com', emailVerified: false };
    expect(await outcome([])).toBe('sign_in_refused');
    oidc.account = { subject: 'u-4' };
    expect(await outcome([])).toBe('sign_in_refused');
    oidc.account = { subject: 'u-5', email: 'u5@example.com' };
    expect(await outcome(['@example.org', 'u4@example.com'])).toBe('sign_in_refused');
    expect(await outcome(['@example.org', 'u5@example.com'])).toBe('accepted');
    expect(await outcome(['@example.com'])).toBe('accepted');
    expect(await outcome(['@ample.com'])).toBe('sign_in_refused');
  });

  it('follows a rotation of the keys', async () => {
    const clock = new FixedClock(Date.now());
    const providers = build({ now: () => clock.now() });
    oidc.account = { subject: 'u-6', email: 'u6@example.com' };
    expect(await codeOf((await signIn(providers)).finish())).toBe('accepted');
    await oidc.rotateKeys();
    // Keys that came a moment ago are not asked for again at once.
    const answer = await signIn(providers);
    expect(['accepted', 'unauthorized']).toContain(await codeOf(answer.finish()));
  });

  it('keeps its ticket as a cookie, and trusts no other', () => {
    const ticket = {
      provider: 'oidc',
      state: 's',
      nonce: 'n',
      codeVerifier: 'v',
      returnTo: '/dashboard?a=1',
    };
    expect(readTicket(writeTicket(ticket))).toEqual(ticket);
    for (const returnTo of ['//evil.example', '/\\evil.example', 'https://evil.example', ' /x', '']) {
      expect(readTicket(writeTicket({ ...ticket, returnTo }))).toBeUndefined();
    }
    for (const text of [undefined, '', 'x', writeTicket({ ...ticket, state: '' })])
      expect(readTicket(text)).toBeUndefined();
  });

  it('is not to be had with an issuer that only vouches', async () => {
    expect(build().forBrowsers).toEqual([{ id: 'oidc', name: 'Test issuer' }]);
    expect(() => build().begin('firebase', redirectUri, '/')).toThrow('no such identity provider');
  });
});

describe('an ID token by itself', () => {
  it('in the form of Firebase is accepted', async () => {
    expect(await build().verify(await firebase.token())).toEqual({
      issuer: firebase.issuer,
      subject: 'Xy3kf0ada',
      email: 'ada@example.com',
      name: 'Ada Lovelace',
    });
  });

  it('is refused when a claim is wrong', async () => {
    const providers = build();
    const now = Math.floor(Date.now() / 1_000);
    const wrong: Record<string, Parameters<TokenIssuer['token']>[0]> = {
      'another audience': { aud: 'other' },
      'no audience': { aud: undefined },
      'several audiences, no azp': { aud: [firebase.project, 'other'] },
      'another azp': { azp: 'other' },
      'an azp that is no text': { azp: 5 },
      'another issuer': { iss: `${firebase.issuer}/` },
      'no subject': { sub: undefined },
      'an empty subject': { sub: '' },
      'a long subject': { sub: 'x'.repeat(256) },
      expired: { exp: now - 61 },
      'no expiry': { exp: undefined },
      'no time of issue': { iat: undefined },
      'issued in the future': { iat: now + 120 },
      'not yet valid': { nbf: now + 120 },
      'expired before it was issued': { iat: now + 30, exp: now + 10 },
    };
    for (const [what, claims] of Object.entries(wrong)) {
      expect([what, await codeOf(providers.verify(await firebase.token(claims)))]).toEqual([
        what,
        'unauthorized',
      ]);
    }
    const refused = [
      { email_verified: false },
      { email_verified: undefined },
      { email: undefined },
      { email: 'x' },
      { email: 5 },
    ];
    for (const claims of refused) {
      expect(await codeOf(providers.verify(await firebase.token(claims)))).toBe('sign_in_refused');
    }
  });

  it('may be a minute off, and name us among others', async () => {
    const providers = build({ firebase: { audiences: ['cli'] } });
    const now = Math.floor(Date.now() / 1_000);
    const right = [
      { iat: now - 100, exp: now - 50 },
      { iat: now + 50 },
      { nbf: now + 50 },
      { aud: ['other', firebase.project], azp: firebase.project },
      { aud: 'cli' },
      { email_verified: 'true' },
    ];
    for (const claims of right)
      expect(await codeOf(providers.verify(await firebase.token(claims)))).toBe('accepted');
  });

  it('is refused when its signature is none of the issuer', async () => {
    const providers = build();
    const good = await firebase.token();
    const [head = '', body = '', signature = ''] = good.split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    const spki = await exportSPKI(firebase.key.publicKey);
    const sign = (alg: string, key: Parameters<SignJWT['sign']>[0], header = {}) =>
      new SignJWT(payload).setProtectedHeader({ alg, kid: firebase.key.kid, ...header }).sign(key);
    const stranger = await generateKeyPair('RS256');
    const strangerEc = await generateKeyPair('ES256', { extractable: true });
    const forged = {
      none: new UnsecuredJWT(payload).encode(),
      'none with a signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.${signature}`,
      'HS256 with the public key': await sign('HS256', Buffer.from(spki)),
      'HS256 with the modulus': await sign(
        'HS256',
        Buffer.from(spki.replace(/-----.*?-----|\n/g, ''), 'base64'),
      ),
      'another key under the same id': await sign('RS256', stranger.privateKey),
      'another kind of key': await sign('ES256', strangerEc.privateKey),
      'a key that it brings': await sign('ES256', strangerEc.privateKey, { jwk: { kty: 'EC' } }),
      'a changed claim': `${head}.${Buffer.from(JSON.stringify({ ...payload, sub: 'admin' })).toString('base64url')}.${signature}`,
      'no signature': `${head}.${body}.`,
      'half a token': `${head}.${body}`,
      'no JSON': 'aa.bb.cc',
      'an access token': await firebase.token({}, { typ: 'at+jwt' }),
      'an algorithm that is not listed': await new SignJWT(payload)
        .setProtectedHeader({ alg: 'PS256', kid: firebase.key.kid })
        .sign(await pssKey()),
      'something critical': await sign('RS256', firebase.key.privateKey, { crit: ['exp'], exp: 1 }).catch(
        () => 'a.b.c',
      ),
      'a giant': `${'a'.repeat(20_000)}.b.c`,
    };
    for (const [what, token] of Object.entries(forged)) {
      expect([what, await codeOf(providers.verify(token))]).toEqual([what, 'unauthorized']);
    }
    expect(await codeOf(providers.verify(good))).toBe('accepted');
  });

  /** The issuer's own key, for another algorithm. */
  async function pssKey() {
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', firebase.key.privateKey);
    const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(pkcs8).toString('base64')}\n-----END PRIVATE KEY-----`;
    return importPKCS8(pem, 'PS256');
  }

  it('asks for keys once for many, and is unavailable while the issuer is away', async () => {
    const other = await startTokenIssuer('other-project');
    try {
      const providers = build({ firebase: { issuer: other.issuer, clientId: other.project } });
      const token = await other.token();
      other.away = true;
      expect(await codeOf(providers.verify(token))).toBe('service_unavailable');
      other.away = false;
      const again = build({ firebase: { issuer: other.issuer, clientId: other.project } });
      await Promise.all(Array.from({ length: 20 }, () => again.verify(token)));
      expect(other.keysAsked()).toBe(1);
      await other.rotate();
      const unknown = await Promise.all(
        Array.from({ length: 20 }, async () => codeOf(again.verify(await other.token()))),
      );
      expect(new Set(unknown)).toEqual(new Set(['unauthorized']));
      // A key that nobody has is no way to make the product ask the issuer over and over.
      expect(other.keysAsked()).toBeLessThanOrEqual(2);
    } finally {
      await other.stop();
    }
  });
});
