import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK, Provider } from 'oidc-provider';

/** A person as the issuer knows it. */
export interface Account {
  readonly subject: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly name?: string;
}

/** A real OpenID Connect issuer (`oidc-provider`) on a port of this machine, which signs in whom the test says. */
export interface OidcIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whoever comes next is this person. */
  account: Account;
  /** Requests so far by path. */
  readonly asked: ReadonlyMap<string, number>;
  /** From now on it signs with a new key, and publishes only that. */
  rotateKeys(): Promise<void>;
  /** Goes through the issuer's pages as a browser does; gives where they end: the client's redirect. */
  visit(authorizationUrl: string): Promise<URL>;
  stop(): Promise<void>;
}

const clientId = 'stackrunner-tests';
const clientSecret = 'a-secret-that-only-tests-know+/=%';

/** @param redirectUris of the one client */
export async function startOidcIssuer(redirectUris: readonly string[]): Promise<OidcIssuer> {
  const { default: OidcProvider } = await quietly(() => import('oidc-provider'));
  const asked = new Map<string, number>();
  let account: Account = { subject: 'nobody' };
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (provider === undefined) return response.writeHead(503).end();
    const current = provider;
    if (!path.startsWith('/interaction/')) return current.callback()(request, response);
    return void signIn(current).catch((error: unknown) => response.writeHead(500).end(String(error)));

    async function signIn(at: Provider): Promise<void> {
      const { grantId, params, prompt } = await at.interactionDetails(request, response);
      if (prompt.name === 'login') {
        return at.interactionFinished(request, response, { login: { accountId: account.subject } });
      }
      const known = grantId === undefined ? undefined : await at.Grant.find(grantId);
      const grant = known ?? new at.Grant({ accountId: account.subject, clientId: String(params.client_id) });
      grant.addOIDCScope('openid email profile');
      return at.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Account>();
  const start = async () => {
    people.set(account.subject, account);
    const key = await signingKey();
    provider = await quietly(
      () =>
        new OidcProvider(issuer, {
          clients: [
            {
              client_id: clientId,
              client_secret: clientSecret,
              redirect_uris: [...redirectUris],
              response_types: ['code'],
            },
          ],
          jwks: { keys: [key] },
          cookies: { keys: ['a key of the tests'] },
          claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
          // Most issuers put the e-mail into the ID token itself.
          conformIdTokenClaims: false,
          features: { devInteractions: { enabled: false } },
          interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
          findAccount: (_context, subject) => {
            const person = people.get(subject);
            return person && { accountId: subject, claims: () => claimsOf(person) };
          },
          pkce: { required: () => true },
          ttl: {
            AccessToken: 600,
            AuthorizationCode: 60,
            Grant: 600,
            IdToken: 600,
            Interaction: 600,
            Session: 600,
          },
        }),
    );
  };
  await start();
  return {
    issuer,
    clientId,
    clientSecret,
    asked,
    get account() {
      return account;
    },
    set account(next) {
      account = next;
      people.set(next.subject, next);
    },
    rotateKeys: start,
    visit: (authorizationUrl) => visit(authorizationUrl, issuer),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** It tells everybody at length that its defaults are for development. */
async function quietly<T>(work: () => T | Promise<T>): Promise<T> {
  const { info, warn } = console;
  Object.assign(console, { info: () => undefined, warn: () => undefined });
  try {
    return await work();
  } finally {
    Object.assign(console, { info, warn });
  }
}

async function signingKey(): Promise<JWK> {
  const { exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: crypto.randomUUID() } as JWK;
}

function claimsOf({ subject, email, emailVerified = true, name }: Account) {
  return {
    sub: subject,
    ...(email !== undefined && { email, email_verified: emailVerified }),
    ...(name !== undefined && { name }),
  };
}

/** Follows redirects with cookies, until one leaves the issuer. */
async function visit(from: string, issuer: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = from;
  for (let hops = 0; hops < 20; hops++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    const next = new URL(location, url);
    if (next.origin !== new URL(issuer).origin) return next;
    url = next.href;
  }
  throw new Error('too many redirects');
}
