import { randomUUID } from 'node:crypto';
import { startHttpDouble } from './http-double.js';
import type { SelfSigned } from './self-signed.js';

/** Whom the installation may impersonate. */
export interface GoogleIam {
  /** Base URL of the IAM Service Account Credentials API. */
  readonly endpoint: string;
  /** Taking one away also ends its tokens. */
  readonly serviceAccounts: Set<string>;
}

/** The installation, and the certificate of the double. */
export interface GoogleIdentity {
  readonly bearer: string;
  readonly tls: SelfSigned;
}

export interface GoogleTokens {
  readonly iam: GoogleIam;
  readonly tls: SelfSigned;
  /** Whether the value of an Authorization header is a token that stands. */
  takes(authorization: string): boolean;
  close(): Promise<void>;
}

/**
 * `generateAccessToken` of the IAM Service Account Credentials API
 * (https://cloud.google.com/iam/docs/reference/credentials/rest).
 *
 * @param bearer of whoever impersonates
 */
export async function startTokens({ bearer, tls }: GoogleIdentity): Promise<GoogleTokens> {
  const serviceAccounts = new Set<string>();
  const issued = new Map<string, string>();
  const refused = (code: number, status: string, message: string) => ({
    status: code,
    body: { error: { code, status, message } },
  });
  const server = await startHttpDouble({
    answer: async ({ path, headers, method }) => {
      const [, account] =
        /^\/v1\/projects\/-\/serviceAccounts\/([^/]+):generateAccessToken$/.exec(path) ?? [];
      if (method !== 'POST' || !account) return refused(404, 'NOT_FOUND', 'There is no such method.');
      if (headers.authorization !== `Bearer ${bearer}`)
        return refused(401, 'UNAUTHENTICATED', 'Who are you?');
      if (!serviceAccounts.has(account)) {
        return refused(403, 'PERMISSION_DENIED', "Permission 'iam.serviceAccounts.getAccessToken' denied");
      }
      const accessToken = randomUUID();
      issued.set(`Bearer ${accessToken}`, account);
      return {
        status: 200,
        body: { accessToken, expireTime: new Date(Date.now() + 3_600_000).toISOString() },
      };
    },
  });
  return {
    iam: { endpoint: `http://127.0.0.1:${server.port}`, serviceAccounts },
    tls,
    takes: (authorization) => serviceAccounts.has(issued.get(authorization) ?? ''),
    close: server.close,
  };
}
