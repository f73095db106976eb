import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { IdentityProviderConfig } from '#libs/config';
import { constantTimeEqual, randomSecret, sha256 } from '#libs/x509';
import { originOf, PortClaims } from '../port-claims.js';
import { signInPage } from './sign-in.page.js';

export interface LocalIssuer {
  /** How the gateway uses it. */
  readonly provider: IdentityProviderConfig;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
/** A code is redeemed at once, by the gateway that asked for it, or not at all; milliseconds. */
const codeHoldsMs = 60_000;
const tokenHoldsSeconds = 300;
/** The form's answer; anything larger is no form. */
const largestForm = 16_384;

interface Issued {
  readonly email: string;
  readonly nonce: string | undefined;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly until: number;
}

/**
 * An OpenID Connect issuer for development, on a free port of this machine: the authorization code flow with
 * PKCE, for one client and one redirect, with a new key every start. It asks for an e-mail address and believes it.
 *
 * @param options.redirectUri the only one that codes are sent to
 * @param options.portFile remembers the port: it is part of the issuer's name, and so of everybody's account
 */
export async function startLocalIssuer(options: {
  readonly redirectUri: string;
  readonly portFile: string;
}): Promise<LocalIssuer> {
  const { redirectUri, portFile } = options;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: randomSecret(), alg: 'ES256', use: 'sig' };
  const clientId = 'stackrunner';
  const clientSecret = randomSecret();
  const codes = new Map<string, Issued>();

  const authorize = async (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => {
    const asked = request.method === 'POST' ? await form(request) : query;
    const challenge = asked.get('code_challenge');
    const isOurs = asked.get('client_id') === clientId && asked.get('redirect_uri') === redirectUri;
    if (!isOurs || challenge === null || asked.get('code_challenge_method') !== 'S256')
      return answer(response, 400, { error: 'invalid_request' });
    const email = asked.get('email');
    if (request.method !== 'POST' || email === null) return page(response, signInPage(query));
    forgetOld(codes);
    const code = randomSecret();
    const nonce = asked.get('nonce') ?? undefined;
    codes.set(code, { email, nonce, challenge, redirectUri, until: Date.now() + codeHoldsMs });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    back.searchParams.set('iss', issuer);
    response.writeHead(303, { location: back.href, 'cache-control': 'no-store' }).end();
  };

  const token = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await form(request);
    const code = asked.get('code') ?? '';
    const issued = codes.get(code);
    codes.delete(code);
    const verifier = Buffer.from(sha256(Buffer.from(asked.get('code_verifier') ?? ''))).toString('base64url');
    const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    if (!sameText(request.headers.authorization ?? '', expected)) {
      return answer(response, 401, { error: 'invalid_client' });
    }
    if (issued === undefined || issued.until < Date.now() || verifier !== issued.challenge) {
      return answer(response, 400, { error: 'invalid_grant' });
    }
    const { email, nonce } = issued;
    const idToken = await new SignJWT({ email, email_verified: true, nonce })
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(clientId)
      .setSubject(email.toLowerCase())
      .setIssuedAt()
      .setExpirationTime(`${tokenHoldsSeconds}s`)
      .sign(privateKey);
    return answer(response, 200, {
      access_token: randomSecret(),
      token_type: 'Bearer',
      expires_in: tokenHoldsSeconds,
      id_token: idToken,
    });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    switch (`${request.method} ${pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return answer(response, 200, metadataOf(issuer));
      case 'GET /jwks':
        return answer(response, 200, { keys: [jwk] });
      case 'GET /authorize':
      case 'POST /authorize':
        return authorize(request, response, searchParams);
      case 'POST /token':
        return token(request, response);
      default:
        return answer(response, 404, { error: 'not_found' });
    }
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => answer(response, 400, { error: 'invalid_request' }));
  });
  const claims = new PortClaims();
  const port = await claims.claimOrFree(loopback, rememberedPort(portFile));
  await claims.release();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, loopback, resolve);
  });
  writeFileSync(portFile, `${port}\n`);
  const issuer = originOf(loopback, port);
  return {
    provider: {
      id: 'local',
      name: 'Development sign-in (any address)',
      issuer,
      clientId,
      clientSecret,
      audiences: [],
      algorithms: ['ES256'],
      scope: 'openid email',
      signIn: true,
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function rememberedPort(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

function metadataOf(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}

function page(response: ServerResponse, html: string): void {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
    })
    .end(html);
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > largestForm) throw new TypeError('too large');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString());
}

function forgetOld(codes: Map<string, Issued>): void {
  for (const [code, { until }] of codes) if (until < Date.now()) codes.delete(code);
}

function sameText(a: string, b: string): boolean {
  return constantTimeEqual(Buffer.from(a), Buffer.from(b));
}
