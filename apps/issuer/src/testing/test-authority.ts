import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Authority, AuthoritySchema, KeyAlgorithm } from '#libs/contracts';
import {
  type CaKeyAlgorithm,
  createSigner,
  formatKeyRef,
  type KeyRef,
  type LocalKmsSettings,
  parseKeyRef,
  type Signer,
} from '#libs/kms';
import {
  assembleCertificate,
  caCertificateTbs,
  constructedContextTag,
  der,
  derBitString,
  derSequence,
  derUnsignedInteger,
  type NameConstraints,
  randomSerial,
  type SignatureAlgorithm,
  signatureAlgorithmDer,
} from '#libs/x509';

const algorithms: Record<CaKeyAlgorithm, { proto: KeyAlgorithm; signature: SignatureAlgorithm }> = {
  'P-256': { proto: KeyAlgorithm.EC_P256, signature: 'ecdsa-sha256' },
  'P-384': { proto: KeyAlgorithm.EC_P384, signature: 'ecdsa-sha384' },
  'RSA-2048': { proto: KeyAlgorithm.RSA_2048, signature: 'rsa-sha256' },
  'RSA-3072': { proto: KeyAlgorithm.RSA_3072, signature: 'rsa-sha256' },
  'RSA-4096': { proto: KeyAlgorithm.RSA_4096, signature: 'rsa-sha256' },
};

export interface TestAuthorityWish {
  readonly handle?: string;
  readonly algorithm?: CaKeyAlgorithm;
  readonly nameConstraints?: NameConstraints;
  /** Epoch milliseconds; the intermediate lives two years from then. */
  readonly now?: number;
  readonly customerId?: string;
}

/** A folder of keys, and CAs whose keys are in it: what a provisioner leaves behind. */
export class TestKms {
  private constructor(
    readonly settings: LocalKmsSettings,
    private readonly signer: Signer,
  ) {}

  static async open(): Promise<TestKms> {
    const dir = mkdtempSync(join(tmpdir(), 'stackrunner-issuer-'));
    const settings: LocalKmsSettings = {
      backend: 'local',
      dir: join(dir, 'keys'),
      keyFile: join(dir, 'kms.key'),
      createKeyFile: true,
    };
    return new TestKms(settings, await createSigner(settings));
  }

  /** Root and intermediate, signed the way a ceremony does. */
  async authority(wish: TestAuthorityWish = {}): Promise<Authority> {
    const { handle = 'acme', algorithm = 'P-256', now = Date.UTC(2026, 0, 1) } = wish;
    const unique = `${handle}-${randomUUID().slice(0, 8)}`;
    const notBefore = now - 3_600_000;
    const notAfter = notBefore + 2 * 365 * 86_400_000;
    const rootKey = await this.signer.createKey(`dev-${unique}-root`, 'P-384', {});
    const key = await this.signer.createKey(`dev-${unique}-intermediate`, algorithm, {});
    const root = await this.certify(rootKey, 'ecdsa-sha384', {
      kind: 'root' as const,
      subject: { commonName: `${handle} Root CA`, organizationName: handle },
      spkiDer: await this.signer.publicKey(rootKey),
      serial: randomSerial(),
      notBefore,
      notAfter,
      signatureAlgorithm: 'ecdsa-sha384',
    });
    const intermediate = await this.certify(rootKey, 'ecdsa-sha384', {
      kind: 'intermediate' as const,
      subject: { commonName: `${handle} Intermediate CA`, organizationName: handle },
      spkiDer: await this.signer.publicKey(key),
      serial: randomSerial(),
      notBefore,
      notAfter,
      signatureAlgorithm: 'ecdsa-sha384',
      issuerCertificateDer: root,
      crlUrl: `http://pki.test/${handle}/root.crl`,
      caIssuersUrl: `http://pki.test/${handle}/ca/root.der`,
      ...(wish.nameConstraints && { nameConstraints: wish.nameConstraints }),
    });
    return create(AuthoritySchema, {
      caId: randomUUID(),
      customerId: wish.customerId ?? randomUUID(),
      handle,
      keyRef: formatKeyRef(key),
      algorithm: algorithms[algorithm].proto,
      intermediateDer: intermediate,
      rootDer: root,
      generation: 1,
    });
  }

  /** A request for the P-256 key itself, as its owner could make it. */
  async csrOf(keyRef: string): Promise<Uint8Array> {
    const key = parseKeyRef(keyRef);
    const version = derUnsignedInteger(Buffer.from([0]));
    const spki = await this.signer.publicKey(key);
    const info = derSequence(version, derSequence(), spki, der(constructedContextTag(0)));
    const [signature = new Uint8Array(0)] = await this.signer.sign(key, [info], Date.now() + 60_000);
    return derSequence(info, signatureAlgorithmDer('ecdsa-sha256'), derBitString(signature));
  }

  /** From now on the intermediate signs nothing. */
  async disable(keyRef: string): Promise<void> {
    await this.signer.disable(parseKeyRef(keyRef));
  }

  close(): void {
    rmSync(join(this.settings.dir, '..'), { recursive: true, force: true });
  }

  private async certify(
    key: KeyRef,
    algorithm: SignatureAlgorithm,
    spec: Parameters<typeof caCertificateTbs>[0],
  ): Promise<Uint8Array> {
    const tbs = caCertificateTbs(spec);
    const [signature = new Uint8Array(0)] = await this.signer.sign(key, [tbs], Date.now() + 60_000);
    return assembleCertificate(tbs, signatureAlgorithmDer(algorithm), signature);
  }
}
