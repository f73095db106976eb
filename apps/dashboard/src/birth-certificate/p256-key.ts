import {
  type Bytes,
  base64,
  bitString,
  context,
  integer,
  oid,
  pem,
  sequence,
  set,
  utf8String,
} from './der.js';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';

/** A key that exists in this page alone, until its owner saves it. */
export interface P256Key {
  /** SubjectPublicKeyInfo. */
  readonly spki: Bytes;
  /** PKCS#10 request in PEM, signed with the key: who can sign it has the key (RFC 2986). */
  readonly csrPem: string;
  /** PKCS#8, for the file that its owner saves; never sent. */
  exportPkcs8(): Promise<Bytes>;
}

/** Makes a P-256 key and proves its possession by a request. */
export async function makeP256Key(name: string): Promise<P256Key> {
  const { subtle } = crypto;
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const spki = new Uint8Array(await subtle.exportKey('spki', publicKey));
  const subject = sequence(set(sequence(oid(commonName), utf8String(name))));
  const info = sequence(integer(0), subject, spki, context(0));
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, info);
  const csr = sequence(
    info,
    sequence(oid(ecdsaWithSha256)),
    bitString(ecdsaSignature(new Uint8Array(signature))),
  );
  return {
    spki,
    csrPem: pem('CERTIFICATE REQUEST', csr),
    exportPkcs8: async () => new Uint8Array(await subtle.exportKey('pkcs8', privateKey)),
  };
}

export const spkiBase64 = ({ spki }: P256Key): string => base64(spki);

/** WebCrypto gives r and s one after the other; RFC 3279 §2.2.3 wants them in a SEQUENCE. */
function ecdsaSignature(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}
