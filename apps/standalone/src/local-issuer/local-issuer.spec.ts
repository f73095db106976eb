import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IdentityProviders } from '#libs/identity';
import { type LocalIssuer, startLocalIssuer } from './local-issuer.js';

const redirectUri = 'http://127.0.0.1:9/v1/sign-in/callback';

describe('the issuer for development', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-issuer-'));
  const portFile = join(folder, 'local-issuer.port');
  let local: LocalIssuer;
  let providers: IdentityProviders;
  beforeAll(async () => {
    local = await startLocalIssuer({ redirectUri, portFile });
    providers = new IdentityProviders({ providers: [local.provider], allow: [], now: Date.now });
  });
  afterAll(async () => {
    await local.close();
    rmSync(folder, { recursive: true });
  });

  /** Submits the form as a browser does. */
  async function submit(url: string, email: string): Promise<URL> {
    const fields = new URLSearchParams([...new URL(url).searchParams, ['email', email]]);
    const form = new URL('authorize', local.provider.issuer);
    const answer = await fetch(form, { method: 'POST', body: fields, redirect: 'manual' });
    expect(answer.status).toBe(303);
    return new URL(answer.headers.get('location') ?? '');
  }

  it('says what it is, and believes any address', async () => {
    const { url, ticket } = await providers.begin('local', redirectUri, '/');
    const page = await (await fetch(url)).text();
    expect(page).toContain('for development');
    expect(page).toContain('believes whatever');
    const back = await submit(url, 'Ada@Example.com');
    const get = (name: string) => back.searchParams.get(name) ?? undefined;
    const answer = { state: get('state'), code: get('code'), iss: get('iss'), error: undefined };
    expect(await providers.finish(answer, ticket, redirectUri)).toMatchObject({
      issuer: local.provider.issuer,
      subject: 'ada@example.com',
      email: 'ada@example.com',
    });
    // A code is good for one sign-in.
    await expect(providers.finish(answer, ticket, redirectUri)).rejects.toMatchObject({
      code: 'sign_in_failed',
    });
  });

  it('sends nobody anywhere else, and puts what it is given on its page as text', async () => {
    const { url } = await providers.begin('local', redirectUri, '/');
    const elsewhere = new URL(url);
    elsewhere.searchParams.set('redirect_uri', 'https://evil.example/');
    expect((await fetch(elsewhere)).status).toBe(400);
    const scripted = new URL(url);
    scripted.searchParams.set('state', '"><script>alert(1)</script>');
    expect(await (await fetch(scripted)).text()).not.toContain('<script>');
  });

  it('gives no token without the secret and the verifier of whoever began', async () => {
    const { url } = await providers.begin('local', redirectUri, '/');
    const code = (await submit(url, 'ada@example.com')).searchParams.get('code') ?? '';
    const ask = (authorization: string) =>
      fetch(new URL('token', local.provider.issuer), {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: 'other' }),
      });
    expect((await ask('Basic eDp5')).status).toBe(401);
    const { clientId, clientSecret } = local.provider;
    const ours = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    expect((await ask(ours)).status).toBe(400);
  });

  it('listens where it did before, so that accounts stay whose they are', async () => {
    const { issuer } = local.provider;
    expect(readFileSync(portFile, 'utf8').trim()).toBe(new URL(issuer).port);
    await local.close();
    local = await startLocalIssuer({ redirectUri, portFile });
    expect(local.provider.issuer).toBe(issuer);
  });
});
