import { KeyManagementServiceClient } from '@google-cloud/kms';
import { credentials } from '@grpc/grpc-js';
import { type AuthClient, GoogleAuth, Impersonated } from 'google-auth-library';
import type { KeyAccess } from '../key-home.js';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
const tokenSeconds = 3_600;
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+):/;

/** Who impersonates, and whom it asks for that; default: application default credentials and Google. */
export interface Impersonation {
  readonly sourceClient: AuthClient;
  /** Base URL of the IAM Service Account Credentials API. */
  readonly endpoint: string;
}

/**
 * Google's own client. On a loopback address it speaks plain text and sends no credentials of Google, which a
 * stand-in on the same machine could not check.
 */
export async function googleClient(
  endpoint: string | undefined,
  access: KeyAccess | undefined,
  impersonation?: Impersonation,
): Promise<KeyManagementServiceClient> {
  const [host, port] = endpoint?.split(':') ?? [];
  const address = host ? { servicePath: host, port: Number(port) } : {};
  if (endpoint && loopback.test(endpoint) && !impersonation) {
    return new KeyManagementServiceClient({ ...address, sslCreds: credentials.createInsecure() });
  }
  if (!access?.serviceAccount) return new KeyManagementServiceClient(address);
  const by = impersonation ?? { sourceClient: await new GoogleAuth({ scopes }).getClient() };
  const authClient = new Impersonated({
    ...by,
    targetPrincipal: access.serviceAccount,
    lifetime: tokenSeconds,
    targetScopes: scopes,
  });
  return new KeyManagementServiceClient({ ...address, auth: new GoogleAuth({ authClient, scopes }) });
}
