import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { assembleCertificate } from '../certificate/assemble-certificate.js';
import { caCertificateTbs } from '../certificate/ca-certificate.js';
import type { NameConstraints } from '../certificate/name-constraints.js';
import { randomSerial } from '../random/random.js';
import {
  type SignatureAlgorithm,
  signatureAlgorithmDer,
  signatureSchemes,
} from '../signature/signature-algorithm.js';
import { spkiOf } from './csr-builder.js';
import { rsaTestKeys } from './rsa-test-keys.js';

/** The kinds of keys that CAs have, with what they sign with. */
export const caAlgorithms = {
  'P-256': 'ecdsa-sha256',
  'P-384': 'ecdsa-sha384',
  RSA: 'rsa-sha256',
} as const satisfies Record<string, SignatureAlgorithm>;
export type CaAlgorithm = keyof typeof caAlgorithms;

/** A root and an intermediate of one kind of key. */
export interface TestAuthority {
  readonly rootDer: Buffer;
  readonly rootTbs: Buffer;
  readonly intermediateDer: Buffer;
  readonly intermediateTbs: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** The certificate of a leaf's TBSCertificate. */
  issue(tbs: Uint8Array): Buffer;
}

const day = 86_400_000;
/** Whole seconds, since certificates have no smaller ones. */
export const testNow = Math.floor(Date.now() / 1000) * 1000;

export function testAuthority(algorithm: CaAlgorithm, nameConstraints?: NameConstraints): TestAuthority {
  const signatureAlgorithm = caAlgorithms[algorithm];
  const [rootKey, intermediateKey] = [newKey(algorithm, 3072), newKey(algorithm, 2048)];
  const common = { serial: randomSerial(), notBefore: testNow - 60_000, signatureAlgorithm };
  const rootTbs = caCertificateTbs({
    ...common,
    kind: 'root',
    subject: { commonName: 'test Root CA', organizationName: 'test' },
    spkiDer: spkiOf(rootKey),
    notAfter: testNow + 3652 * day,
  });
  const rootDer = signed(rootTbs, rootKey, signatureAlgorithm);
  const intermediateTbs = caCertificateTbs({
    ...common,
    kind: 'intermediate',
    subject: { commonName: 'test Intermediate CA', organizationName: 'test' },
    spkiDer: spkiOf(intermediateKey),
    serial: randomSerial(),
    notAfter: testNow + 730 * day,
    issuerCertificateDer: rootDer,
    crlUrl: 'http://pki.example/test/root.crl',
    caIssuersUrl: 'http://pki.example/test/ca/root.der',
    ...(nameConstraints && { nameConstraints }),
  });
  const intermediateDer = signed(intermediateTbs, rootKey, signatureAlgorithm);
  const issue = (tbs: Uint8Array): Buffer => signed(tbs, intermediateKey, signatureAlgorithm);
  return { rootDer, rootTbs, intermediateDer, intermediateTbs, signatureAlgorithm, issue };
}

function newKey(algorithm: CaAlgorithm, rsaBits: 2048 | 3072): KeyObject {
  if (algorithm === 'RSA') return createPrivateKey(rsaTestKeys[rsaBits]);
  return generateKeyPairSync('ec', { namedCurve: algorithm }).privateKey;
}

function signed(tbs: Uint8Array, key: KeyObject, algorithm: SignatureAlgorithm): Buffer {
  const { hash } = signatureSchemes[algorithm];
  return assembleCertificate(tbs, signatureAlgorithmDer(algorithm), sign(hash ?? null, tbs, key));
}
