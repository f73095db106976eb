import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { claimFreePort } from './free-port.js';
import type { Openssl } from './openssl.js';
import type { Refusal } from './product.js';

const run = promisify(execFile);

/** A certificate with its key, as files in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A key for a birth certificate, and what is sent to have it certified. */
export interface BirthKey {
  readonly key: string;
  readonly body: { readonly spki: string; readonly csr_pem: string };
}

/** A certificate that signed itself, with its key. `subject` and `san` as openssl writes them. */
export async function selfSigned(openssl: Openssl, subject: string, san: string): Promise<Identity> {
  const key = openssl.file('self.key', '');
  const certificate = openssl.file('self.crt', '');
  await openssl.run(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', subject, '-addext', `subjectAltName=${san}`, '-keyout', key, '-out', certificate],
  );
  return { key, certificate };
}

/** A key of `openssl genpkey`, its SPKI in base64, and the request that proves it. */
export async function birthKey(openssl: Openssl): Promise<BirthKey> {
  const key = openssl.file('birth.key', '');
  const csr = openssl.file('birth.csr', '');
  await openssl.run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
  await openssl.run('req', '-new', '-key', key, '-subj', '/CN=mine', '-out', csr);
  const spki = await openssl.run('pkey', '-in', key, '-pubout');
  const body = { spki: spki.replaceAll(/-----[^-]+-----|\s/g, ''), csr_pem: readFileSync(csr, 'utf8') };
  return { key, body };
}

/** The product's second listener, and curl as its client. */
export class MutualTls {
  private constructor(
    private readonly openssl: Openssl,
    private readonly server: Identity,
    private readonly port: number,
  ) {}

  static async prepare(openssl: Openssl): Promise<MutualTls> {
    const server = await selfSigned(openssl, '/CN=mtls', 'IP:127.0.0.1');
    return new MutualTls(openssl, server, await claimFreePort());
  }

  /** What the product needs to know to have the listener. */
  get env(): Readonly<Record<string, string>> {
    return {
      STACKRUNNER_MTLS_PORT: String(this.port),
      STACKRUNNER_MTLS_CERT: this.server.certificate,
      STACKRUNNER_MTLS_KEY: this.server.key,
    };
  }

  /** Mints for a handle on a connection of its own; the status, and the code of a refusal. */
  async mint(handle: string, identity: Identity): Promise<string> {
    const csr = this.openssl.file('leaf.csr', await this.openssl.csr());
    const { stdout } = await run('curl', [
      ...['-sS', '--cacert', this.server.certificate, '--cert', identity.certificate, '--key', identity.key],
      ...['-H', 'Content-Type: application/x-pem-file', '--data-binary', `@${csr}`],
      ...['-w', '\n%{http_code}', `https://127.0.0.1:${this.port}/7d/${handle}/mint`],
    ]);
    const [body = '', status = ''] = stdout.split(/\n(?=\d+$)/);
    return status === '200' ? '200' : `${status} ${(JSON.parse(body) as Refusal).error.code}`;
  }
}

/** Asks until the outcome is there; fails the test when it is not within so many milliseconds. */
export async function within(ms: number, outcome: string, ask: () => Promise<string>): Promise<void> {
  const until = performance.now() + ms;
  let asked = performance.now();
  let last = await ask();
  while (last !== outcome && asked < until) {
    asked = performance.now();
    last = await ask();
  }
  expect(last).toBe(outcome);
}
