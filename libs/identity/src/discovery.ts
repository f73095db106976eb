import { fetchJson } from './fetch-json.js';

/** What this library uses of an issuer's metadata (OpenID Connect Discovery 1.0 §3). */
export interface IssuerMetadata {
  readonly jwksUri: string;
  /** Absent for issuers that only vouch, such as Firebase. */
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  /** Whether the client's secret goes into the form instead of the Authorization header. */
  readonly secretInForm: boolean;
  /** Whether answers carry `iss` (RFC 9207), so that one without it is refused. */
  readonly namesItself: boolean;
}

/** An issuer cannot be used as it answers; the message says why. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
}

/**
 * Reads an issuer's metadata from `<issuer>/.well-known/openid-configuration`.
 *
 * @throws IssuerError when it is not this issuer's (§4.3), or names an endpoint that is not safe to use
 */
export async function discover(issuer: string): Promise<IssuerMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { status, body } = await fetchJson(url).catch((cause: unknown) => {
    throw new IssuerError(`${url} does not answer`, { cause });
  });
  if (status !== 200 || body === undefined)
    throw new IssuerError(`${url} answers ${status} without metadata`);
  if (body.issuer !== issuer) throw new IssuerError(`${url} is the metadata of ${String(body.issuer)}`);
  const jwksUri = endpoint(body, 'jwks_uri');
  if (jwksUri === undefined) throw new IssuerError(`${url} names no jwks_uri`);
  const methods = body.token_endpoint_auth_methods_supported;
  return {
    jwksUri,
    authorizationEndpoint: endpoint(body, 'authorization_endpoint'),
    tokenEndpoint: endpoint(body, 'token_endpoint'),
    // The default is client_secret_basic (§3).
    secretInForm: Array.isArray(methods) && !methods.includes('client_secret_basic'),
    namesItself: body.authorization_response_iss_parameter_supported === true,
  };
}

function endpoint(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isSafeUrl(value)) return value;
  throw new IssuerError(`${name} is not an https URL`);
}

/** https, or plain http that does not leave this machine. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
  );
}
