import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, formatKeyRef, type KeyRef, type Signer } from '#libs/kms';
import {
  assembleCertificate,
  caCertificateTbs,
  parseCsr,
  randomSerial,
  responderCertificateTbs,
  signatureAlgorithmDer,
  verifyCsr,
} from '#libs/x509';
import { type KnownAuthority, knownAuthority } from '../authority/known-authority.js';

const day = 86_400_000;
const algorithm = 'ecdsa-sha256';

/** A CA with its key in a local key store, and what its issuer and provisioner would do for it. */
export class TestCa {
  private constructor(
    readonly folder: string,
    readonly signer: Signer,
    private readonly key: KeyRef,
    readonly authority: KnownAuthority,
  ) {}

  /** Responder certificates that were asked for. */
  responders = 0;

  static async create(now: number, shards = 1): Promise<TestCa> {
    const folder = mkdtempSync(join(tmpdir(), 'stackrunner-test-ca-'));
    const keyFile = join(folder, 'keys.secret');
    // A clock that stands still: nothing that tests wait for is late.
    const settings = { backend: 'local', dir: join(folder, 'keys'), keyFile, createKeyFile: true } as const;
    const signer = await createSigner(settings, { now: () => 0 });
    const handle = `ca-${randomUUID().slice(0, 8)}`;
    const key = await signer.createKey(`dev-${handle}-intermediate`, 'P-256', {});
    const tbs = caCertificateTbs({
      ...{ kind: 'root', subject: { commonName: `${handle} CA` }, spkiDer: await signer.publicKey(key) },
      ...{
        serial: randomSerial(),
        notBefore: now - day,
        notAfter: now + 720 * day,
        signatureAlgorithm: algorithm,
      },
    });
    const [signature = new Uint8Array()] = await signer.sign(key, [tbs], Number.POSITIVE_INFINITY);
    const authority = knownAuthority({
      ...{
        caId: randomUUID(),
        customerId: randomUUID(),
        handle,
        kind: 'intermediate',
        generation: 1,
        shards,
      },
      keyRef: formatKeyRef(key),
      certificate: assembleCertificate(tbs, signatureAlgorithmDer(algorithm), signature),
    });
    return new TestCa(folder, signer, key, authority);
  }

  /** As the issuer certifies a responder, for 30 days from `now`. */
  async certify(csrDer: Uint8Array, now: number): Promise<Uint8Array> {
    this.responders++;
    const csr = parseCsr(csrDer);
    verifyCsr(csr);
    const tbs = responderCertificateTbs({
      ...{ subject: { commonName: 'responder' }, spkiDer: csr.spki.der, serial: randomSerial() },
      ...{ notBefore: now - 60_000, notAfter: now + 30 * day, signatureAlgorithm: algorithm },
      issuerCertificateDer: this.authority.certificate.der,
    });
    const [signature = new Uint8Array()] = await this.signer.sign(this.key, [tbs], Number.POSITIVE_INFINITY);
    return assembleCertificate(tbs, signatureAlgorithmDer(algorithm), signature);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
