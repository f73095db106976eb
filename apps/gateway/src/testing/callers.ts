import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { CustomerSchema, CustomerStatus, CustomerTier } from '#libs/contracts';
import { type OidcIssuer, startOidcIssuer } from '#libs/testing';
import { sha256 } from '#libs/x509';
import { type GatewayUnderTest, operatorToken, startGatewayUnderTest } from './gateway-under-test.js';
import type { Ask } from './http-client.js';
import { providerOf, publicUrl, redirectUri, signIn } from './signed-in.js';

/** Whoever may come to a route: every kind of credential, right, wrong, old, and of another. */
export const callerNames = [
  'nobody',
  'a wrong bearer',
  'a wrong scoped credential',
  'the rotated master bearer',
  'an expired credential',
  'a revoked credential',
  'a credential from elsewhere',
  'a wrong session',
  'an ended session',
  'an expired session',
  'a wrong client certificate',
  'an expired birth certificate',
  'a revoked birth certificate',
  'a wrong operator token',
  'the master bearer',
  "another's master bearer",
  'a Free master bearer',
  'a sign_leaf credential',
  'a cross_sign credential',
  "another's credential",
  'the owner',
  'a visitor',
  'the birth certificate',
  'the operator',
] as const;
export type CallerName = (typeof callerNames)[number];

/** How a caller shows itself: what it adds to a request, and where it connects. */
export type Caller = Pick<Ask, 'headers' | 'client'> & { readonly mutualTls?: boolean };

export interface Stage {
  readonly gateway: GatewayUnderTest;
  readonly callers: Readonly<Record<CallerName, Caller>>;
  /** Ids of apexrunner's things, and of its rival's. */
  readonly acme: { readonly certId: string; readonly permissionId: string; readonly credentialId: string };
  readonly rival: Stage['acme'];
  /** Headers of somebody who has just signed in for the first time. */
  readonly newcomer: () => Promise<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

interface Created {
  readonly bearer: string;
  readonly cert_id: string;
  readonly permission_id: string;
  readonly credential_id: string;
}

const bearer = (token: string): Caller => ({ headers: { authorization: `Bearer ${token}` } });

/** A gateway with the Dev customers apexrunner and rival, the Free customer fred, and all of these callers. */
export async function setStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-callers-'));
  const server = certificate(folder, 'server');
  const birth = certificate(folder, 'birth');
  const stranger = certificate(folder, 'stranger');
  const expiredBirth = certificate(folder, 'expired');
  const revokedBirth = certificate(folder, 'revoked');
  const oidc = await startOidcIssuer([redirectUri]);
  const gateway = await startGatewayUnderTest({
    publicUrl,
    identityProviders: [providerOf(oidc)],
    mutualTls: { port: 0, certFile: server.certFile, keyFile: server.keyFile },
  });
  const owner = await signedIn(gateway, oidc, 'owner');
  await gateway.ask('/v1/signup', { headers: owner, body: { handle: 'apexrunner', tier: 'dev' } });
  await becomeDev(gateway, 'apexrunner');
  const rotate = async (handle: string) => {
    const path = `/v1/admin/customers/${handle}/rotate-bearer`;
    return (await gateway.operate(path, { method: 'POST' })).json<Created>().bearer;
  };
  const seed = async (handle: string, wish: object) =>
    (await gateway.operate(`/v1/admin/customers/${handle}/credentials`, { body: wish })).json<Created>();
  const rotated = await rotate('apexrunner');
  const master = await rotate('apexrunner');
  const rivals = await gateway.customer('rival');
  await gateway.customer('spare');
  const free = await gateway.operate('/v1/admin/customers', { body: { handle: 'fred', tier: 'free' } });
  await gateway.tell(gateway.product.change('fred', CustomerStatus.ACTIVE));
  const signLeaf = await seed('apexrunner', { modes: ['sign_leaf'] });
  const crossSign = await seed('apexrunner', { modes: ['cross_sign'] });
  const revoked = await seed('apexrunner', { modes: ['sign_leaf'] });
  const expired = await seed('apexrunner', { modes: ['sign_leaf'], expires_at: '2999-01-01T00:00:00Z' });
  const elsewhere = await seed('apexrunner', { modes: ['sign_leaf'], source_networks: ['192.0.2.0/24'] });
  const theirs = await seed('rival', { modes: ['sign_leaf', 'cross_sign'] });
  await gateway.operate(`/v1/admin/customers/apexrunner/credentials/${revoked.credential_id}`, {
    method: 'DELETE',
  });
  // Time passes for one credential only.
  await gateway.database.query(
    `UPDATE gateway.credential SET expires_at = now() - interval '1 second' WHERE id = '${expired.credential_id}'`,
  );
  await keepBirthCert(gateway, 'apexrunner', { der: birth.der, serial: '01', until: '1 year' });
  await keepBirthCert(gateway, 'spare', { der: expiredBirth.der, serial: '02', until: '-1 second' });
  await keepBirthCert(gateway, 'rival', { der: revokedBirth.der, serial: '03', until: '1 year' });
  gateway.product.revokedSerials.add('03');
  const ended = await signedIn(gateway, oidc, 'owner');
  await gateway.ask('/v1/sign-out', { method: 'POST', headers: ended });
  const overdue = await signedIn(gateway, oidc, 'visitor');
  await gateway.database.query(
    "UPDATE gateway.session SET expires_at = now() - interval '1 second' WHERE id = (SELECT id FROM gateway.session ORDER BY created_at DESC LIMIT 1)",
  );
  let newcomers = 0;
  const wrong = 'w'.repeat(43);
  return {
    gateway,
    callers: {
      nobody: {},
      'a wrong bearer': bearer(wrong),
      'a wrong scoped credential': { headers: { 'x-mint-credential': wrong } },
      'the rotated master bearer': bearer(rotated),
      'an expired credential': bearer(expired.bearer),
      'a revoked credential': bearer(revoked.bearer),
      'a credential from elsewhere': bearer(elsewhere.bearer),
      'a wrong session': { headers: { cookie: `__Host-session=${wrong}`, origin: publicUrl } },
      'an ended session': { headers: ended },
      'an expired session': { headers: overdue },
      'an expired birth certificate': { client: expiredBirth, mutualTls: true },
      'a revoked birth certificate': { client: revokedBirth, mutualTls: true },
      'a wrong client certificate': { client: stranger, mutualTls: true },
      'a wrong operator token': bearer(`${operatorToken}x`),
      'the master bearer': bearer(master),
      "another's master bearer": bearer(rivals.bearer),
      'a Free master bearer': bearer(free.json<Created>().bearer),
      'a sign_leaf credential': bearer(signLeaf.bearer),
      'a cross_sign credential': { headers: { 'x-mint-credential': crossSign.bearer } },
      "another's credential": bearer(theirs.bearer),
      'the owner': { headers: owner },
      'a visitor': { headers: await signedIn(gateway, oidc, 'visitor') },
      'the birth certificate': { client: birth, mutualTls: true },
      'the operator': bearer(operatorToken),
    },
    acme: idsOf(signLeaf),
    rival: idsOf(theirs),
    newcomer() {
      newcomers += 1;
      return signedIn(gateway, oidc, `newcomer-${newcomers}`);
    },
    async stop() {
      await Promise.all([gateway.stop(), oidc.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** As issuing one does. @param until from now on, as PostgreSQL writes an interval */
async function keepBirthCert(
  { database, product }: GatewayUnderTest,
  handle: string,
  { der, serial, until }: { readonly der: Buffer; readonly serial: string; readonly until: string },
): Promise<void> {
  const { id } = product.customer(handle);
  await database.query(
    `INSERT INTO gateway.birth_cert (customer_id, certificate, chain, serial, fingerprint, issued_at, expires_at)
     VALUES ('${id}', '\\x00', '{}', '\\x${serial}', '\\x${sha256(der).toString('hex')}',
       now() - interval '1 month', now() + interval '${until}')`,
  );
}

function idsOf({ cert_id, permission_id, credential_id }: Created): Stage['acme'] {
  return { certId: cert_id, permissionId: permission_id, credentialId: credential_id };
}

async function signedIn(gateway: GatewayUnderTest, oidc: OidcIssuer, name: string) {
  return (await signIn(gateway, oidc, { subject: name, email: `${name}@example.com` })).ours;
}

async function becomeDev(gateway: GatewayUnderTest, handle: string): Promise<void> {
  const before = gateway.product.customer(handle);
  const version = before.version + 1n;
  const fields = { tier: CustomerTier.DEV, status: CustomerStatus.ACTIVE, version };
  const customer = create(CustomerSchema, { ...before, ...fields });
  gateway.product.customers.set(handle, customer);
  await gateway.tell(customer);
}

/** A key and a certificate that it signed itself. */
function certificate(folder: string, name: string) {
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', ...curve, '-days', '2', '-subj', `/CN=${name}`, ...files], {
    stdio: 'ignore',
  });
  const cert = readFileSync(certFile, 'utf8');
  return { certFile, keyFile, cert, key: readFileSync(keyFile, 'utf8'), der: new X509Certificate(cert).raw };
}
