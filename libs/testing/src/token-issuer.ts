import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer that only vouches, in the form of Firebase: no pages, a project in its name, RS256. */
export interface TokenIssuer {
  /** As `https://securetoken.google.com/<project>` is. */
  readonly issuer: string;
  readonly project: string;
  readonly key: { readonly privateKey: CryptoKey; readonly kid: string; readonly publicKey: CryptoKey };
  /** While true it does not answer. */
  away: boolean;
  /** How often its keys were fetched. */
  readonly keysAsked: () => number;
  /** Publishes a new key instead of the one before. */
  rotate(): Promise<void>;
  /** A token as Firebase gives it after a sign-in with Google; `claims` replace its own, undefined removes one. */
  token(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  stop(): Promise<void>;
}

export async function startTokenIssuer(project = 'demo-project'): Promise<TokenIssuer> {
  let key = await newKey();
  let away = false;
  let keysAsked = 0;
  const server = createServer(async (request, response) => {
    if (away) return void request.socket.destroy();
    const send = (body: object) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url === `/${project}/.well-known/openid-configuration`) {
      return void send({
        issuer,
        jwks_uri: `${origin}/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      });
    }
    keysAsked += 1;
    const jwk = await exportJWK(key.publicKey);
    return void send({ keys: [{ ...jwk, kid: key.kid, alg: 'RS256', use: 'sig' }] });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/${project}`;
  return {
    issuer,
    project,
    get key() {
      return key;
    },
    get away() {
      return away;
    },
    set away(value) {
      away = value;
    },
    keysAsked: () => keysAsked,
    async rotate() {
      key = await newKey();
    },
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const payload = {
        name: 'Ada Lovelace',
        iss: issuer,
        aud: project,
        auth_time: now - 30,
        user_id: 'Xy3kf0ada',
        sub: 'Xy3kf0ada',
        iat: now - 30,
        exp: now + 3_600,
        email: 'Ada@Example.com',
        email_verified: true,
        firebase: {
          identities: { 'google.com': ['1122'], email: ['Ada@Example.com'] },
          sign_in_provider: 'google.com',
        },
        ...claims,
      };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })
        .sign(key.privateKey);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { publicKey, privateKey, kid: crypto.randomUUID() };
}
