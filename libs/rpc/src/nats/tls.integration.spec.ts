import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { BillingService } from '#libs/contracts';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { recordingLogger, serveBilling, until } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';
import { natsServerConfig } from './nats-server-config.js';

const passwords = { gateway: 'g', issuer: 'i', provisioner: 'p', revocation: 'r', billing: 'b' };
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

describe('NATS with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-tls-'));
  const file = (name: string) => join(folder, name);
  const tls = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') };
  let server: NatsServer;
  let open: NatsRuntime[] = [];

  beforeAll(async () => {
    const ca = await makeAuthority();
    writeFileSync(file('ca.pem'), ca.certificate.toString('pem'));
    for (const name of ['server', 'client']) {
      const leaf = await ca.issue(name);
      writeFileSync(file(`${name}.pem`), leaf.certificate);
      writeFileSync(file(`${name}.key`), leaf.key, { mode: 0o600 });
    }
    server = await startNatsServer({
      config: (place) =>
        natsServerConfig({
          ...place,
          passwords,
          tls: { cert: file('server.pem'), key: file('server.key'), ca: file('ca.pem') },
        }),
    });
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
  });

  afterAll(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves who shows a certificate and verifies the server, and nobody else', async () => {
    const logger = recordingLogger();
    const as = (service: 'gateway' | 'billing', files: typeof tls | undefined) =>
      connectNats({
        url: `tls://localhost:${server.port}`,
        service,
        user: service,
        password: passwords[service],
        tls: files,
        logger,
      });
    const [billing, gateway, stranger] = [
      await as('billing', tls),
      await as('gateway', tls),
      await as('gateway', undefined),
    ];
    open = [billing, gateway, stranger];
    const app = await serveBilling(billing.rpc, {});
    const answer = await gateway.rpc.client(BillingService).getEntitlement({ customerId: 'c' });
    expect(answer.entitlement?.customerId).toBe('c');
    await until(() => logger.lines.some((line) => line.message.startsWith('cannot reach NATS')));
    expect(stranger.connected()).toBe(false);
    await app.close();
  }, 15_000);
});

async function makeAuthority() {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test NATS CA',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true)],
    ...validity,
  });
  const issue = async (name: string) => {
    const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: certificate.subject,
      signingKey: keys.privateKey,
      publicKey: own.publicKey,
      signingAlgorithm: algorithm,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
      ...validity,
    });
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', own.privateKey);
    return { certificate: leaf.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  };
  return { certificate, issue };
}
