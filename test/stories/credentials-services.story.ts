import {
  type OidcIssuer,
  requireTool,
  startOidcIssuer,
  startTokenIssuer,
  type TokenIssuer,
} from '#libs/testing';
import { playDevTier, playFreeTier } from '../support/documents.js';
import { birthKey, MutualTls, within } from '../support/mutual-tls.js';
import { Openssl } from '../support/openssl.js';
import { Product } from '../support/product.js';
import { Shell } from '../support/shell.js';
import { story } from '../support/story.js';

const provider = (id: string, issuer: string, clientId: string, more: object = {}) => ({
  id,
  issuer,
  client_id: clientId,
  ...more,
});

const hasTools = ['bash', 'curl', 'jq'].every((tool) => requireTool(tool, `apt-get install ${tool}`));

(hasTools ? describe : describe.skip)(
  'credentials at five services, with a real issuer and tokens in the form of Firebase',
  () => {
    /** What the issuer must know before there is a port; nobody listens there. */
    const publicUrl = 'https://ca.test';
    let oidc: OidcIssuer;
    let firebase: TokenIssuer;
    let product: Product;
    let openssl: Openssl;
    let mutualTls: MutualTls;
    let shell: Shell;
    beforeAll(async () => {
      [oidc, firebase] = await Promise.all([
        startOidcIssuer([`${publicUrl}/v1/sign-in/callback`]),
        startTokenIssuer(),
      ]);
      openssl = new Openssl();
      mutualTls = await MutualTls.prepare(openssl);
      product = await Product.start({
        mode: 'services',
        env: {
          ...mutualTls.env,
          STACKRUNNER_PUBLIC_URL: publicUrl,
          STACKRUNNER_SIGN_IN_ALLOW: '@example.com',
          STACKRUNNER_OIDC_PROVIDERS: JSON.stringify([
            provider('oidc', oidc.issuer, oidc.clientId, { client_secret: oidc.clientSecret }),
            provider('firebase', firebase.issuer, firebase.project, { sign_in: false }),
          ]),
        },
      });
      shell = new Shell(product);
    }, 120_000);
    afterAll(async () => {
      shell?.dispose();
      await product?.stop();
      await Promise.all([oidc?.stop(), firebase?.stop()]);
      openssl?.dispose();
    });

    /** Until the account's CA is ready. */
    async function ready(bearer: string): Promise<unknown> {
      for (const until = Date.now() + 30_000; ; ) {
        const { account } = (await product.request('/v1/account', { bearer })).json<{
          account: { status: string };
        }>();
        if (account.status !== 'provisioning' || Date.now() > until) return account;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    story('with an ID token: sign up, claim once, mint on the Free tier, be promoted', async (step) => {
      const bearer = await firebase.token();
      const account = await step('signs up', () =>
        product.request('/v1/signup', { bearer, body: { handle: 'oreo-boyboy', tier: 'dev' } }),
      );
      expect(account).toMatchObject({ status: 201 });
      expect(await step('is ready', () => ready(bearer))).toMatchObject({
        status: 'active',
        tier: 'free',
        wanted_tier: 'dev',
      });
      const claim = () => product.request('/v1/bearer/claim', { method: 'POST', bearer });
      const claims = await step('claims twice at once', () => Promise.all([claim(), claim()]));
      expect(claims.map(({ status }) => status).sort()).toEqual([200, 409]);
      const claimed = claims.find(({ status }) => status === 200)?.json<{ bearer: string }>().bearer ?? '';
      const csr = await openssl.csr({
        subject: '/CN=oreo-boyboy.leaf.stackrunner.localhost',
        san: 'DNS:api.oreo-boyboy.leaf.stackrunner.localhost',
      });
      const issue = { bearer: claimed, body: csr, headers: { 'content-type': 'application/x-pem-file' } };
      expect(await step('mints', () => product.request('/7d/v1/free/issue', issue))).toMatchObject({
        status: 200,
      });
      await step('an operator promotes', () => product.cli(['customer', 'promote', 'oreo-boyboy']));
      expect(await step('is ready again', () => ready(bearer))).toMatchObject({
        status: 'active',
        tier: 'dev',
      });
      const body = { version: 'v1', csr_pems: [csr], ttl: '90d' };
      const minted = await step('mints on its own CA', () =>
        product.request('/oreo-boyboy/mint', { bearer: claimed, body }),
      );
      expect(minted).toMatchObject({ status: 200 });
    });

    story('with a browser, and not from another domain', async (step) => {
      const signIn = async (email: string) => {
        oidc.account = { subject: email, email };
        const away = await fetch(`${product.origin}/v1/sign-in/oidc`, { redirect: 'manual' });
        const cookie = away.headers
          .getSetCookie()
          .map((line) => line.split(';', 1)[0])
          .join('; ');
        const location = away.headers.get('location') ?? '';
        const back = await oidc.visit(location);
        return fetch(product.origin + back.pathname + back.search, {
          redirect: 'manual',
          headers: { cookie },
        });
      };
      const refused = await step('a stranger', () => signIn('mallory@example.org'));
      expect(refused.headers.get('location')).toBe('/dashboard/sign-in?refused=sign_in_refused');
      const landed = await step('somebody of ours', () => signIn('grace@example.com'));
      expect(landed.headers.get('location')).toBe('/dashboard');
      const session =
        landed.headers.getSetCookie().find((line) => line.startsWith('__Host-stackrunner=')) ?? '';
      expect(session).toContain('SameSite=Strict');
      const [cookie = ''] = session.split(';', 1);
      const who = await step('is known', () => product.request('/v1/account', { headers: { cookie } }));
      expect(who.json()).toMatchObject({ person: { email: 'grace@example.com' }, account: null });
      const pages = await step('sees the pages', () => product.request('/dashboard'));
      expect(pages.headers.get('content-security-policy')).toContain("default-src 'none'");
    });

    story("the Dev tier, with its document's command lines", (step) => playDevTier(shell, step));

    story("the Free tier, with its document's command lines", async (step) => {
      await playFreeTier(shell, step);
    });

    story('a birth certificate opens the mint over mutual TLS until it is revoked', async (step) => {
      const owner = await firebase.token({ sub: 'hedy', email: 'hedy@example.com' });
      const bearer = await step('signs up, is promoted, and claims the bearer', async () => {
        const body = { handle: 'lamarr', tier: 'dev' };
        expect(await product.request('/v1/signup', { bearer: owner, body })).toMatchObject({ status: 201 });
        expect(await product.cli(['customer', 'promote', 'lamarr'])).toMatchObject({ code: 0 });
        await ready(owner);
        const claimed = await product.request('/v1/bearer/claim', { method: 'POST', bearer: owner });
        return claimed.json<{ bearer: string }>().bearer;
      });
      const { key, body } = await birthKey(openssl);
      const born = await step('has it issued', async () => {
        const answer = await product.request('/v1/birth-cert', { bearer: owner, body });
        expect(answer.status).toBe(201);
        return answer.json<{ cert_pem: string; serial: string }>();
      });
      const mint = () =>
        mutualTls.mint('lamarr', { certificate: openssl.file('birth.crt', born.cert_pem), key });
      expect(await step('mints with it', mint)).toBe('200');
      await step('revokes it', async () => {
        const body = { version: 'v1', serial: born.serial, reason: 'keyCompromise' };
        expect(await product.request('/lamarr/revoke', { bearer, body })).toMatchObject({ status: 200 });
      });
      await step('mints no more, within a second', () => within(1_000, '401 unauthorized', mint));
    });
  },
);
