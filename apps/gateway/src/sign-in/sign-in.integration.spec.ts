import { type OidcIssuer, startOidcIssuer, startTokenIssuer, type TokenIssuer } from '#libs/testing';
import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';
import { CookieJar, providerOf, publicUrl, redirectUri, signIn } from '../testing/signed-in.js';

let oidc: OidcIssuer;
let firebase: TokenIssuer;
let gateway: GatewayUnderTest;
let count = 0;
const person = () => {
  count += 1;
  return { subject: `s-${count}`, email: `s${count}@example.com` };
};

beforeAll(async () => {
  [oidc, firebase] = await Promise.all([startOidcIssuer([redirectUri]), startTokenIssuer()]);
  const tokens = { issuer: firebase.issuer, clientId: firebase.project };
  gateway = await startGatewayUnderTest({
    publicUrl,
    identityProviders: [providerOf(oidc), providerOf(tokens, { id: 'firebase', signIn: false })],
  });
}, 90_000);
afterAll(() => Promise.all([gateway.stop(), oidc.stop(), firebase.stop()]));

const account = (headers: Record<string, string>) => gateway.ask('/v1/account', { headers });

describe('a browser', () => {
  it('is told with whom it can sign in', async () => {
    expect((await gateway.ask('/v1/sign-in')).json()).toEqual({
      providers: [{ id: 'oidc', name: 'Test issuer', url: '/v1/sign-in/oidc' }],
    });
    expect((await gateway.ask('/v1/sign-in/firebase')).status).toBe(404);
    expect((await gateway.ask('/v1/sign-in/nobody')).status).toBe(404);
  });

  it('gets a session that only this origin can set, and that ends', async () => {
    const away = await gateway.ask('/v1/sign-in/oidc?return_to=%2Fdashboard%2Fusage', {
      headers: { host: 'ca.test' },
    });
    expect(away.status).toBe(303);
    const url = new URL(String(away.headers.location));
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('redirect_uri')).toBe(redirectUri);
    const [ticket] = away.headers['set-cookie'] ?? [];
    expect(ticket).toMatch(
      /^__Host-stackrunner-sign-in=[\w-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
    );

    const jar = new CookieJar();
    jar.take(away.headers['set-cookie']);
    oidc.account = { ...person(), name: 'Grace Hopper' };
    const back = await oidc.visit(url.href);
    const landed = await gateway.ask(`${back.pathname}${back.search}`, { headers: { cookie: jar.header } });
    expect(landed.headers.location).toBe('/dashboard/usage');
    expect(landed.headers['set-cookie']?.[1]).toMatch(
      /^__Host-stackrunner=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/,
    );
    jar.take(landed.headers['set-cookie']);
    expect((await account({ cookie: jar.header })).json()).toEqual({
      person: { email: oidc.account.email, name: 'Grace Hopper', issuer: oidc.issuer },
      account: null,
    });
    const stolen = jar.header;
    const out = await gateway.ask('/v1/sign-out', { method: 'POST', headers: jar.ours });
    expect(out.status).toBe(200);
    jar.take(out.headers['set-cookie']);
    expect(jar.header).toBe('');
    expect((await account({ cookie: stolen })).status).toBe(401);
    expect(gateway.log()).not.toContain(stolen.split('=')[1]);
  });

  it('ends the session before with a new sign-in', async () => {
    const who = person();
    const first = await signIn(gateway, oidc, who);
    const away = await gateway.ask('/v1/sign-in/oidc', { headers: { host: 'ca.test' } });
    const jar = new CookieJar();
    jar.take(away.headers['set-cookie']);
    const back = await oidc.visit(String(away.headers.location));
    const cookie = `${jar.header}; ${first.header}`;
    await gateway.ask(`${back.pathname}${back.search}`, { headers: { cookie } });
    expect((await account({ cookie: first.header })).status).toBe(401);
  });

  it('is led back to the sign-in page when it did not begin the sign-in', async () => {
    const away = await gateway.ask('/v1/sign-in/oidc', { headers: { host: 'ca.test' } });
    oidc.account = person();
    const back = await oidc.visit(String(away.headers.location));
    const landed = await gateway.ask(`${back.pathname}${back.search}`);
    expect([landed.status, landed.headers.location]).toEqual([
      303,
      '/dashboard/sign-in?refused=sign_in_failed',
    ]);
    for (const query of ['', '?code=x', '?code=x&state=y', '?error=access_denied&state=%00', '?code[]=1']) {
      expect((await gateway.ask(`/v1/sign-in/callback${query}`)).status).toBe(303);
    }
  });

  it('cannot be made to act by a page of another site', async () => {
    const jar = await signIn(gateway, oidc, person());
    const signOut = async (headers: Record<string, string>) => {
      const answer = await gateway.ask('/v1/sign-out', {
        method: 'POST',
        headers: { cookie: jar.header, ...headers },
      });
      return answer.status === 200 ? 'done' : answer.json().error.code;
    };
    expect(await signOut({})).toBe('cross_site');
    expect(await signOut({ origin: 'https://evil.example' })).toBe('cross_site');
    expect(await signOut({ origin: 'null' })).toBe('cross_site');
    expect(await signOut({ origin: publicUrl, 'sec-fetch-site': 'same-site' })).toBe('cross_site');
    expect(await signOut({ origin: 'https://ca.test.evil.example' })).toBe('cross_site');
    expect(await signOut({ origin: publicUrl, 'sec-fetch-site': 'same-origin' })).toBe('done');
  });

  it('has no session any more when its time is over', async () => {
    const jar = await signIn(gateway, oidc, person());
    expect((await account({ cookie: jar.header })).status).toBe(200);
    await gateway.database.query("UPDATE gateway.session SET expires_at = now() - interval '1 second'");
    expect((await account({ cookie: jar.header })).status).toBe(401);
  });

  it('that has another cookie than ours has no session', async () => {
    for (const value of [
      '',
      'x',
      'a'.repeat(43),
      `${'a'.repeat(43)}; __Host-stackrunner=${'b'.repeat(43)}`,
    ]) {
      expect((await account({ cookie: `__Host-stackrunner=${value}` })).status).toBe(401);
    }
    expect((await account({})).status).toBe(401);
  });
});

describe('an identity token as a bearer', () => {
  it('stands for its person, and signs nothing', async () => {
    const bearer = await firebase.token();
    expect((await gateway.ask('/v1/account', { bearer })).json()).toMatchObject({
      person: { email: 'ada@example.com', name: 'Ada Lovelace' },
      account: null,
    });
    const minted = await gateway.ask('/acme/mint', {
      bearer,
      body: { version: 'v1', csr_pems: ['x'], ttl: '1d' },
    });
    expect(minted.status).toBe(401);
    expect((await gateway.ask('/v1/admin/customers', { bearer })).status).toBe(401);
  });

  it('is refused in one way whatever is wrong with it', async () => {
    const wrong = [
      await firebase.token({ exp: 1 }),
      await firebase.token({ aud: 'other' }),
      await firebase.token({ iss: 'https://evil.example' }),
      `${(await firebase.token()).slice(0, -4)}AAAA`,
      'a.b.c',
      `session_${'a'.repeat(43)}`,
      'session_',
    ];
    const answers = await Promise.all(wrong.map((bearer) => gateway.ask('/v1/account', { bearer })));
    const messages = answers.map(({ status, json }) => `${status} ${json().error.message}`);
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(/^401/);
    const unverified = await gateway.ask('/v1/account', {
      bearer: await firebase.token({ email_verified: false }),
    });
    expect([unverified.status, unverified.json().error.code]).toEqual([403, 'sign_in_refused']);
  });
});

describe('a command line', () => {
  const begin = async () =>
    (await gateway.ask('/v1/device', { method: 'POST' })).json<{
      device_code: string;
      user_code: string;
      verification_uri_complete: string;
    }>();
  const redeem = async (code: string) =>
    (await gateway.ask('/v1/device/token', { body: { device_code: code } })).json<{
      status: string;
      token?: string;
    }>();
  const answer = (jar: CookieJar, code: string, approve: boolean) =>
    gateway.ask('/v1/device/answer', { headers: jar.ours, body: { user_code: code, approve } });

  it('is signed in by whoever approves its code, once', async () => {
    const jar = await signIn(gateway, oidc, person());
    const login = await begin();
    expect(login.verification_uri_complete).toBe(`${publicUrl}/dashboard/device?code=${login.user_code}`);
    expect(await redeem(login.device_code)).toEqual({ status: 'pending' });
    expect((await answer(jar, login.user_code.toLowerCase().replace('-', ' '), true)).status).toBe(200);
    expect((await answer(jar, login.user_code, true)).status).toBe(400);
    const both = await Promise.all([redeem(login.device_code), redeem(login.device_code)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['approved', 'expired']);
    const bearer = both.find(({ token }) => token !== undefined)?.token ?? '';
    expect(bearer).toMatch(/^session_[\w-]{43}$/);
    expect((await gateway.ask('/v1/account', { bearer })).json()).toMatchObject({
      person: { email: oidc.account.email },
    });
    expect((await gateway.ask('/v1/sign-out', { method: 'POST', bearer })).status).toBe(200);
    expect((await gateway.ask('/v1/account', { bearer })).status).toBe(401);
  });

  it('is not signed in when that is denied, or with a code of nobody', async () => {
    const jar = await signIn(gateway, oidc, person());
    const login = await begin();
    await answer(jar, login.user_code, false);
    expect(await redeem(login.device_code)).toEqual({ status: 'denied' });
    expect(await redeem(login.device_code)).toEqual({ status: 'expired' });
    expect(await redeem('x')).toEqual({ status: 'expired' });
    expect((await answer(jar, 'BBBB-BBBB', true)).status).toBe(400);
    expect((await answer(new CookieJar(), login.user_code, true)).status).toBe(401);
  });
});
