import type { IdentityProviderConfig } from '#libs/config';
import type { Account, OidcIssuer } from '#libs/testing';
import type { GatewayUnderTest } from './gateway-under-test.js';

/** Under which name the gateway is reached: issuers know the redirect before the port. */
export const publicUrl = 'https://ca.test';
export const redirectUri = `${publicUrl}/v1/sign-in/callback`;

export function providerOf(
  issuer: Pick<OidcIssuer, 'issuer' | 'clientId'> & { readonly clientSecret?: string },
  changes: Partial<IdentityProviderConfig> = {},
): IdentityProviderConfig {
  return {
    id: 'oidc',
    name: 'Test issuer',
    issuer: issuer.issuer,
    clientId: issuer.clientId,
    clientSecret: issuer.clientSecret,
    audiences: [],
    algorithms: ['RS256'],
    scope: 'openid email profile',
    signIn: true,
    ...changes,
  };
}

/** A browser's cookies; only as much of one as a sign-in needs. */
export class CookieJar {
  private readonly cookies = new Map<string, string>();

  take(lines: readonly string[] | undefined): void {
    for (const line of lines ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Headers of a request that the gateway's own pages make. */
  get ours(): Record<string, string> {
    return { cookie: this.header, origin: publicUrl, 'sec-fetch-site': 'same-origin' };
  }
}

/** Signs a person in as a browser does. */
export async function signIn(
  gateway: Pick<GatewayUnderTest, 'ask'>,
  issuer: OidcIssuer,
  account: Account,
): Promise<CookieJar> {
  issuer.account = account;
  const jar = new CookieJar();
  const away = await gateway.ask('/v1/sign-in/oidc', { headers: { host: 'ca.test' } });
  jar.take(away.headers['set-cookie']);
  const back = await issuer.visit(String(away.headers.location));
  const landed = await gateway.ask(`${back.pathname}${back.search}`, { headers: { cookie: jar.header } });
  jar.take(landed.headers['set-cookie']);
  if (landed.headers.location !== '/dashboard') throw new Error(`signed in to ${landed.headers.location}`);
  return jar;
}
