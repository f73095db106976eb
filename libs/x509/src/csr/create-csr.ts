import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { extension } from '../certificate/extension-writer.js';
import {
  constructedContextTag,
  contextTag,
  der,
  derBitString,
  derIa5String,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
  tag,
} from '../der/index.js';
import type { KeyAlgorithmName } from '../key/key-algorithm.js';
import { nameDer } from '../name/name-writer.js';
import { type SignatureScheme, signatureSchemes } from '../signature/signature-algorithm.js';

/** What to ask for. Without a common name the Subject is empty; the key is P-256 where nothing else is said. */
export interface CsrWish {
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly algorithm?: KeyAlgorithmName;
}

export interface CreatedCsr {
  /** CertificationRequest (RFC 2986). */
  readonly csrDer: Buffer;
  /** PKCS#8. */
  readonly privateKeyDer: Buffer;
}

const rsaBits = 2048;

/** Makes a new key and a request signed with it: the user's side, for demonstrations, tests and benchmarks. */
export function createCsr({ commonName, dnsNames = [], algorithm = 'P-256' }: CsrWish): CreatedCsr {
  const { privateKey, publicKey } = newKeyPair(algorithm);
  const names = dnsNames.map((name) => derIa5String(name, contextTag(2)));
  const attributes =
    names.length === 0
      ? []
      : [
          derSequence(
            derOid(oid.extensionRequest),
            der(tag.set, derSequence(extension(oid.subjectAltName, derSequence(...names)))),
          ),
        ];
  const info = derSequence(
    derUnsignedInteger(Buffer.from([0])),
    commonName === undefined ? derSequence() : nameDer({ commonName }),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(constructedContextTag(0), ...attributes),
  );
  const scheme = schemeOf(algorithm);
  const signature = sign(scheme.hash, info, privateKey);
  return {
    csrDer: derSequence(info, scheme.identifier, derBitString(signature)),
    privateKeyDer: privateKey.export({ type: 'pkcs8', format: 'der' }),
  };
}

function newKeyPair(algorithm: KeyAlgorithmName): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'RSA') return generateKeyPairSync('rsa', { modulusLength: rsaBits });
  if (algorithm === 'Ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: algorithm });
}

function schemeOf(algorithm: KeyAlgorithmName): SignatureScheme {
  if (algorithm === 'RSA') return signatureSchemes['rsa-sha256'];
  if (algorithm === 'Ed25519') return signatureSchemes.ed25519;
  return signatureSchemes['ecdsa-sha256'];
}
