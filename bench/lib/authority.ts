// An authority of software keys, as the issuer knows one.
import { join } from 'node:path';
import { caSignatureAlgorithms, createSigner, formatKeyRef, type Signer } from '#libs/kms';
import { assembleCertificate, caCertificateTbs, randomSerial, signatureAlgorithmDer } from '#libs/x509';
import type { SigningAuthority } from '../../apps/issuer/src/authority/signing-authority.js';

const year = 365 * 86_400_000;

/** A P-256 authority whose key is in `dir`. */
export async function authorityIn(dir: string): Promise<{ signer: Signer; authority: SigningAuthority }> {
  const signer = await createSigner({
    backend: 'local',
    dir,
    keyFile: join(dir, 'secret'),
    createKeyFile: true,
  });
  const key = await signer.createKey('bench', 'P-256', {});
  const tbs = caCertificateTbs({
    kind: 'root',
    subject: { commonName: 'Bench CA' },
    spkiDer: await signer.publicKey(key),
    serial: randomSerial(),
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + year,
    signatureAlgorithm: caSignatureAlgorithms['P-256'],
  });
  const [signature = new Uint8Array()] = await signer.sign(key, [tbs], Date.now() + 5_000);
  const authority: SigningAuthority = {
    caId: '00000000-0000-4000-8000-000000000001',
    customerId: '00000000-0000-4000-8000-000000000002',
    keyRef: formatKeyRef(key),
    signatureAlgorithm: 'ecdsa-sha256',
    certificateDer: assembleCertificate(tbs, signatureAlgorithmDer('ecdsa-sha256'), signature),
    subjectCommonName: 'bench.leaf.stackrunner.localhost',
    crlUrls: ['http://127.0.0.1:8080/pki/bench/intermediate.crl'],
    shortLivedMs: 0,
    ocspUrl: 'http://127.0.0.1:8080/pki/bench/ocsp',
    caIssuersUrl: 'http://127.0.0.1:8080/pki/bench/ca/intermediate.der',
    names: 'requested',
    ownNamesOnly: false,
    nameConstraints: undefined,
  };
  return { signer, authority };
}
